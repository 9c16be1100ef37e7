/**
 * The script of one `trajectories` figure: plain JavaScript for browsers of the last years, no request, no HTML from data.
 * It finds its figure around itself.
 */
export const trajectoriesScript = `
(() => {
  const root = document.currentScript.closest('.trajectories')
  const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent)
  const form = root.querySelector('form')
  const [samples, tasks] = [form.elements.sample, form.elements.task]
  const list = form.querySelector('ol')
  const body = root.querySelector('tbody')
  const chart = root.querySelector('.chart')
  const make = (name, attributes, ...children) => {
    const element = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
    element.append(...children)
    return element
  }
  const draw = (name, attributes, text) => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name)
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value)
    if (text !== undefined) element.textContent = text
    return element
  }
  const logOdds = (p) => {
    const inside = Math.min(0.9999, Math.max(0.0001, p))
    return Math.log(inside / (1 - inside))
  }
  const signed = (value) => (value < 0 ? '−' : '+') + Math.abs(value).toFixed(2)
  const percent = (p) => (100 * p).toFixed(1) + '\\u202f%'
  data.samples.forEach((sample, at) => samples.append(make('option', { value: at }, sample.name)))
  data.tasks.forEach((task, at) => tasks.append(make('option', { value: at }, task)))
  let order = [] // { modality, value, comes }

  const arrived = () => order.filter(({ comes }) => comes)
  const show = () => {
    const sample = data.samples[samples.value]
    const task = Number(tasks.value)
    const moments = [{ name: 'nothing', value: '', arrival: '' }]
    for (const { modality, value } of arrived())
      moments.push({ name: data.modalities[modality], value, arrival: moments.at(-1).arrival + modality })
    const scores = moments.map(({ arrival }) => sample.predictions[arrival][task])
    body.replaceChildren(
      ...moments.map(({ name, value }, at) =>
        make(
          'tr',
          {},
          make('th', { scope: 'row' }, at + ' · ' + name),
          make('td', {}, value),
          make('td', { class: 'number' }, percent(scores[at])),
          make('td', { class: 'number' }, at === 0 ? '' : signed(logOdds(scores[at]) - logOdds(scores[at - 1]))),
        ),
      ),
    )
    const outcome = sample.outcomes[task]
    root.querySelector('.said').textContent =
      sample.name + ', ' + data.tasks[task] + ': ' + percent(scores.at(-1)) +
      (outcome === null ? '; what came is not known.' : outcome ? '; it came true.' : '; it did not come true.')
    drawChart(scores)
  }
  const drawChart = (scores) => {
    const width = Math.max(260, chart.clientWidth)
    const [height, left, bottom] = [190, 46, 26]
    const x = (at) => left + 14 + (at * (width - left - 40)) / Math.max(1, data.modalities.length)
    const y = (p) => 10 + (1 - p) * (height - bottom - 10)
    const svg = draw('svg', { width, height, viewBox: '0 0 ' + width + ' ' + height })
    for (const p of [0, 0.5, 1]) {
      svg.append(draw('line', { x1: left, x2: width, y1: y(p), y2: y(p), stroke: 'var(--line)' }))
      svg.append(draw('text', { x: left - 8, y: y(p) + 4, 'text-anchor': 'end', fill: 'currentColor', 'font-size': 12 }, 100 * p + ' %'))
    }
    svg.append(draw('polyline', { points: scores.map((p, at) => x(at) + ',' + y(p)).join(' '), fill: 'none', stroke: 'var(--series-1)', 'stroke-width': 2.5 }))
    scores.forEach((p, at) => {
      svg.append(draw('circle', { cx: x(at), cy: y(p), r: 5, fill: 'var(--series-1)' }))
      svg.append(draw('text', { x: x(at), y: height - 6, 'text-anchor': 'middle', fill: 'currentColor', 'font-size': 12 }, String(at)))
    })
    chart.replaceChildren(svg)
  }
  const renderOrder = () => {
    list.replaceChildren(
      ...order.map((entry, at) => {
        const box = make('input', { type: 'checkbox' })
        box.checked = entry.comes
        box.addEventListener('change', () => {
          entry.comes = box.checked
          show()
        })
        const move = (by, label) => {
          const button = make('button', { type: 'button', 'aria-label': data.modalities[entry.modality] + ' ' + label }, by < 0 ? '↑' : '↓')
          button.disabled = order[at + by] === undefined
          button.addEventListener('click', () => {
            order.splice(at + by, 0, ...order.splice(at, 1))
            renderOrder()
            list.children[at + by].querySelectorAll('button')[by < 0 ? 0 : 1].focus()
            show()
          })
          return button
        }
        return make('li', {}, make('label', {}, box, ' ' + data.modalities[entry.modality] + ' '), move(-1, 'earlier'), move(1, 'later'))
      }),
    )
  }
  const pick = () => {
    const { given } = data.samples[samples.value]
    const before = order.map(({ modality }) => modality)
    const place = (modality) => (before.includes(modality) ? before.indexOf(modality) : before.length + modality)
    order = given.map((entry) => ({ ...entry, comes: true })).sort((a, b) => place(a.modality) - place(b.modality))
    renderOrder()
    show()
  }
  samples.addEventListener('change', pick)
  tasks.addEventListener('change', show)
  addEventListener('resize', show)
  form.hidden = false
  pick()
})()
`
