/** A link of a Markdown text. */
export interface MarkdownLink {
  readonly target: string
  /** From 1. */
  readonly line: number
}

/** The text with fenced blocks and inline code blanked out, line by line, so that examples hold no links. */
function withoutCode(markdown: string): string[] {
  let fence: string | undefined
  return markdown.split('\n').map((line) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (fence !== undefined) {
      if (mark !== undefined && mark.startsWith(fence)) fence = undefined
      return ''
    }
    if (mark !== undefined) {
      fence = mark
      return ''
    }
    return line.replace(/(`+)(?:(?!\1).)*\1/g, '')
  })
}

/** Inline, reference and HTML links and images. */
export function markdownLinks(markdown: string): MarkdownLink[] {
  const patterns = [
    /\]\(\s*<?([^\s)>]+)>?(?:\s+["'(][^)]*)?\)/g,
    /^\s*\[[^\]]+\]:\s*<?(\S+?)>?(?:\s|$)/g,
    /\b(?:href|src|srcset)="([^"]+)"/g,
  ]
  return withoutCode(markdown).flatMap((text, index) =>
    patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => ({ target: match[1], line: index + 1 }))),
  )
}

/** The anchors of a Markdown text: those that GitHub makes of headings, and explicit ids. */
export function markdownAnchors(markdown: string): Set<string> {
  const anchors = new Set<string>()
  const seen = new Map<string, number>()
  // Headings keep the text of their inline code, so they are read from the raw lines where no block blanked them.
  const raw = markdown.split('\n')
  withoutCode(markdown).forEach((text, index) => {
    for (const match of text.matchAll(/\b(?:id|name)="([^"]+)"/g)) anchors.add(match[1])
    if (!/^#{1,6}\s/.test(text)) return
    const title = raw[index].replace(/^#+\s+/, '').replace(/\s+#+\s*$/, '')
    const slug = headingSlug(title)
    const count = seen.get(slug) ?? 0
    seen.set(slug, count + 1)
    anchors.add(count === 0 ? slug : `${slug}-${count}`)
  })
  return anchors
}

function headingSlug(title: string): string {
  return title
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\s_-]/gu, '')
    .replace(/\s/g, '-')
}
