import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { markdownAnchors, markdownLinks } from './markdown.js'
import { repositoryRoot } from './workspaces.js'

/** The Markdown files that git knows or would add. */
function markdownFiles(root: string): string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
  return listed.split('\n').filter((file) => file !== '' && existsSync(join(root, file)))
}

/** Links inside the repository whose file or anchor does not exist. Nothing is fetched: outside links are left alone. */
export function linkProblems(root: string = repositoryRoot, files: readonly string[] = markdownFiles(root)): string[] {
  const texts = new Map<string, string>()
  const read = (path: string): string => {
    const known = texts.get(path) ?? readFileSync(path, 'utf8')
    texts.set(path, known)
    return known
  }
  return files.flatMap((file) => {
    const path = join(root, file)
    return markdownLinks(read(path)).flatMap(({ target, line }) => {
      if (/^[a-z][a-z0-9+.-]*:/i.test(target) || target.startsWith('//')) return []
      const [linked, anchor] = target.split('#', 2).map(decodeURIComponent) as [string, string | undefined]
      const destination =
        linked === '' ? path : linked.startsWith('/') ? join(root, linked) : resolve(dirname(path), linked)
      const here = `${file}:${line}: link "${target}"`
      if (relative(root, destination).startsWith('..')) return [`${here} leaves the repository`]
      if (!existsSync(destination)) return [`${here}: there is no ${relative(root, destination)}`]
      if (!anchor || statSync(destination).isDirectory() || !destination.endsWith('.md')) return []
      return markdownAnchors(read(destination)).has(anchor)
        ? []
        : [`${here}: ${relative(root, destination)} has no heading #${anchor}`]
    })
  })
}
