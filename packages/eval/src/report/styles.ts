// One palette for light and dark: Okabe and Ito's colours (jfly.uni-koeln.de/color), which readers with any kind of
// colour vision can tell apart, lightened for the dark page. Every text pair has a contrast of at least 4.5 : 1.

const light = `
--paper:#fdfcf9;--raised:#fff;--ink:#1b1d22;--soft:#565a63;--line:#e2dfd7;--wash:#f5f3ec;--accent:#00619a;
--good:#00664a;--good-wash:#dff2ea;--bad:#9a3b00;--bad-wash:#fdeadb;--open:#50545d;--open-wash:#ecebe6;
--series-1:#0072b2;--series-2:#c44e00;--series-3:#00835f;--series-4:#a8497f;--series-5:#a86f00;--series-6:#2684b8;--series-7:#55585f;--series-8:#7d6b00;`

const dark = `
--paper:#15171b;--raised:#1b1e23;--ink:#e9e7e1;--soft:#a9acb4;--line:#32363d;--wash:#1f2228;--accent:#74bdf0;
--good:#6bd8b3;--good-wash:#12322a;--bad:#ffa66b;--bad-wash:#3b2214;--open:#c0c3ca;--open-wash:#2b2e34;
--series-1:#56b4e9;--series-2:#f2894a;--series-3:#3ac79d;--series-4:#e09cc6;--series-5:#f0b83f;--series-6:#9ad6f7;--series-7:#b6b9c1;--series-8:#e5d95a;`

/** The style sheet of reports and of the gallery. */
export const styles = `
:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 -apple-system,BlinkMacSystemFont,"Segoe UI",Roboto,"Helvetica Neue","Liberation Sans",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:break-word}
main,header.page,footer.page{max-width:60rem;margin:0 auto;padding:0 1.5rem}
header.page{padding-top:3.5rem}
footer.page{padding:2rem 1.5rem 4rem;color:var(--soft);font-size:.875rem}
h1,h2,.lead{font-family:Charter,"Bitstream Charter","Iowan Old Style","Source Serif 4",Cambria,Georgia,"Liberation Serif",serif}
h1{font-size:clamp(1.9rem,1.3rem + 2.4vw,2.9rem);line-height:1.12;letter-spacing:-.012em;font-weight:500;margin:.35rem 0 .6rem;text-wrap:balance;max-width:22em}
h2{font-size:1.6rem;line-height:1.25;font-weight:500;letter-spacing:-.005em;margin:3.5rem 0 1rem;padding-top:1.1rem;border-top:1px solid var(--line);scroll-margin-top:1rem}
h3{font-size:1.02rem;line-height:1.4;margin:0 0 .25rem;font-weight:650}
p,ul,ol,dl{margin:0 0 1rem;max-width:44rem}
a{color:var(--accent);text-underline-offset:.18em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--accent);outline-offset:3px;border-radius:2px}
.skip{position:absolute;left:-99rem;top:0;background:var(--raised);padding:.5rem 1rem;z-index:1}
.skip:focus{left:1rem;top:1rem}
.eyebrow{margin:0;color:var(--soft);font-size:.8125rem;letter-spacing:.06em;text-transform:uppercase;font-weight:600}
.lead{font-size:1.22rem;line-height:1.5;color:var(--ink);max-width:40rem}
.paper{color:var(--soft);font-size:.95rem}
.tally{display:flex;gap:.6rem;flex-wrap:wrap;list-style:none;padding:0;margin:1.6rem 0 0}
.tally li{display:flex;align-items:baseline;gap:.5rem;padding:.5rem .9rem;border-radius:.5rem;font-size:.92rem;font-weight:600}
.tally b{font-size:1.35rem;font-weight:650;line-height:1}
.supported{color:var(--good);background:var(--good-wash)}
.contradicted{color:var(--bad);background:var(--bad-wash)}
.inconclusive{color:var(--open);background:var(--open-wash)}
.badge{display:inline-flex;align-items:center;gap:.38rem;padding:.16rem .6rem .16rem .45rem;border-radius:99px;font-size:.8125rem;font-weight:650;white-space:nowrap;line-height:1.4}
.badge svg{width:.9em;height:.9em;flex:none}
.reading{border-left:3px solid var(--accent);padding:.15rem 0 .15rem 1.25rem;margin:0 0 1rem;max-width:44rem;font-size:1.06rem}
.reading p{margin:0 0 .6rem}
.reading p:last-child{margin:0}
.reading .lead{font-size:1.25rem}
table{border-collapse:collapse;width:100%;font-size:.9rem;line-height:1.45}
th,td{text-align:left;vertical-align:top;padding:.6rem .9rem .6rem 0;border-bottom:1px solid var(--line)}
thead th{font-size:.78rem;letter-spacing:.03em;color:var(--soft);font-weight:600;vertical-align:bottom;border-bottom:1.5px solid var(--ink)}
tbody th{font-weight:600}
th:last-child,td:last-child{padding-right:0}
.number{text-align:right;white-space:nowrap;padding-right:1.3rem}
th.number:last-child,td.number:last-child{padding-right:0}
td small,th small,dd small{display:block;color:var(--soft);font-size:.8125rem;font-weight:400;line-height:1.45}
.nowrap{white-space:nowrap}
.scroll{overflow-x:auto;margin:0 0 1rem}
.scroll tbody th{min-width:9rem}
.claim{margin:0 0 1.1rem;padding:1.25rem 1.4rem 1rem;background:var(--raised);border:1px solid var(--line);border-radius:.6rem;break-inside:avoid}
.claim header{display:flex;gap:.3rem 1rem;align-items:flex-end;justify-content:space-between;flex-wrap:wrap-reverse;margin-bottom:.4rem}
.claim h3{font-size:1.08rem;flex:1 1 24rem;margin:0}
.claim .id{color:var(--soft);font-weight:500;margin-right:.35rem}
.source{margin:0 0 .9rem;color:var(--soft);font-size:.95rem;max-width:48rem}
.source cite{font-style:normal}
.facts{display:flex;flex-wrap:wrap;gap:.7rem 1.9rem;margin:.6rem 0 .2rem;max-width:none}
.facts div{min-width:4.2rem;max-width:100%}
.claim .facts div:last-child{flex:1 1 9rem}
.facts dt{font-size:.78rem;color:var(--soft);letter-spacing:.02em}
.facts dd{margin:0;font-weight:600;font-size:.95rem}
.note{color:var(--soft);font-size:.875rem;margin:.7rem 0 1rem;max-width:48rem}
.claim .note{margin-bottom:.2rem;max-width:none}
figure{margin:0 0 2.2rem;break-inside:avoid}
figcaption{margin-bottom:.6rem}
figcaption p{color:var(--soft);font-size:.9rem;margin:0;max-width:44rem}
svg.drawing{display:block;width:100%;height:auto;overflow:visible;font-family:inherit}
svg.wide{max-width:57rem}
svg.narrow{display:none}
.legend{display:none;list-style:none;padding:0;margin:.3rem 0;font-size:.85rem;gap:.2rem .9rem;flex-wrap:wrap}
.legend li{display:flex;align-items:center;gap:.4rem}
.trajectories .controls{display:flex;flex-wrap:wrap;gap:.6rem 1.4rem;align-items:flex-start;padding:.9rem 1.1rem;background:var(--wash);border:1px solid var(--line);border-radius:.6rem;margin:0 0 .8rem;font-size:.92rem}
.trajectories .controls[hidden]{display:none}
.trajectories select,.trajectories button{font:inherit;color:inherit;background:var(--raised);border:1px solid var(--soft);border-radius:.35rem;padding:.2rem .5rem;max-width:100%}
.trajectories button{min-width:2.1rem;min-height:2rem;margin-left:.3rem}
.trajectories button:disabled{opacity:.35}
.trajectories .controls>label{display:flex;flex-wrap:wrap;gap:.2rem .5rem;align-items:center;min-width:0;max-width:100%}
.trajectories fieldset{border:0;margin:0;padding:0;min-width:0;flex:1 1 16rem}
.trajectories legend{padding:0;color:var(--soft);font-size:.85rem}
.trajectories ol{margin:.2rem 0 0;padding-left:1.5rem}
.trajectories li{margin:.2rem 0}
.said{font-weight:600}
.chart{margin:0 0 .6rem;max-width:40rem}
.chart svg{display:block;max-width:100%}
pre{background:var(--wash);border:1px solid var(--line);border-radius:.45rem;padding:.8rem 1rem;overflow-x:auto;font-size:.875rem;line-height:1.5;margin:0 0 1rem}
code,pre{font-family:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
.deviations li{margin-bottom:.45rem}
.contents{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;margin:1.6rem 0 0;font-size:.875rem;max-width:none}
.studies{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,25rem),1fr));gap:1.1rem;list-style:none;padding:0;max-width:none}
.studies>li{background:var(--raised);border:1px solid var(--line);border-radius:.6rem;padding:1.3rem 1.4rem;display:flex;flex-direction:column}
.studies h2{border:0;padding:0;margin:0 0 .3rem;font-size:1.28rem}
.studies ol{list-style:none;padding:0;margin:.7rem 0 0;display:grid;gap:.5rem}
.studies ol li{display:grid;grid-template-columns:7.3rem 1fr;justify-items:start;gap:.6rem;align-items:baseline;font-size:.9rem;line-height:1.45}
@media (max-width:640px){
main,header.page,footer.page{padding-left:1rem;padding-right:1rem}
header.page{padding-top:2rem}
h2{margin-top:2.6rem}
svg.wide{display:none}
svg.narrow{display:block;max-width:26rem}
.legend{display:flex}
.claim{padding:1rem 1rem .8rem}
.facts{display:grid;grid-template-columns:1fr 1fr;gap:.7rem 1rem}
.claim .facts div:last-child{grid-column:1/-1}
.stack,.stack tbody,.stack tr,.stack td,.stack th{display:block;width:auto}
.stack thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.stack tr{padding:.9rem 0;border-bottom:1px solid var(--line)}
.stack tbody tr:first-child{border-top:1.5px solid var(--ink)}
.stack td,.stack tbody th{border:0;padding:.14rem 0;text-align:left;white-space:normal}
.stack td[data-label]::before{content:attr(data-label);display:inline-block;width:6.2rem;color:var(--soft);font-size:.8125rem}
.stack td small{display:inline;margin-left:.4em}
.stack td.long small{display:block;margin:0}
}
@media print{
:root{color-scheme:light;${light}--paper:#fff}
body{font-size:10.5pt}
main,header.page,footer.page{max-width:none;padding-left:0;padding-right:0}
header.page{padding-top:0}
.skip,.contents,.screen{display:none}
h2{margin-top:1.6rem;break-after:avoid}
h3{break-after:avoid}
tr,li,.claim,figure{break-inside:avoid}
a{color:inherit;text-decoration:none}
a[href^="http"]::after{content:" (" attr(href) ")";font-size:.85em;color:var(--soft)}
.scroll{overflow:visible}
.supported,.contradicted,.inconclusive{-webkit-print-color-adjust:exact;print-color-adjust:exact}
@page{margin:18mm 16mm}
}
`.trim()
