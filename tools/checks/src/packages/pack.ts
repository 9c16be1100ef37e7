import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { repositoryRoot, type Workspace } from '../workspaces.js'
import { describeFailure, inParallel, run } from './run.js'

export interface Packed {
  readonly workspace: Workspace
  readonly tarball: string
}

/**
 * Runs the real `npm pack` on a copy of every package, so that the working tree, in which other tasks read the
 * manifests, is never touched. The copy keeps the places that the pack scripts know (tools/pack, LICENSE).
 */
export async function packAll(
  workspaces: readonly Workspace[],
  scratch: string,
): Promise<{ packed: Packed[]; problems: string[] }> {
  const stage = join(scratch, 'stage')
  const tarballs = join(scratch, 'tarballs')
  mkdirSync(tarballs, { recursive: true })
  cpSync(join(repositoryRoot, 'tools/pack'), join(stage, 'tools/pack'), { recursive: true })
  cpSync(join(repositoryRoot, 'LICENSE'), join(stage, 'LICENSE'))
  const problems: string[] = []
  const packed = await inParallel(workspaces, 2, async (workspace) => {
    const folder = join(stage, 'packages', workspace.name)
    cpSync(workspace.folder, folder, {
      recursive: true,
      filter: (path) => !skipped.has(basename(path)) || dirname(path) !== workspace.folder,
    })
    const outcome = await run('npm', ['pack', '--silent', '--pack-destination', tarballs], { cwd: folder })
    if (outcome.code !== 0) {
      problems.push(describeFailure(`npm pack ${workspace.manifest.name}`, outcome))
      return undefined
    }
    const after = readFileSync(join(folder, 'package.json'), 'utf8')
    if (after !== readFileSync(join(workspace.folder, 'package.json'), 'utf8')) {
      problems.push(`${workspace.manifest.name}: packing did not put package.json back as it was`)
    }
    return { workspace, tarball: join(tarballs, outcome.stdout.trim().split('\n').at(-1)!) }
  })
  return { packed: packed.filter((entry) => entry !== undefined), problems }
}

const skipped = new Set(['node_modules', 'src', 'out', 'coverage'])
