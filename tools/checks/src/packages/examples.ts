import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, transform, type Plugin } from 'esbuild'
import { extractExamples, type ReadmeExample } from '../../../config/readme-examples.js'
import type { Workspace } from '../workspaces.js'

/** One README example as files that Node runs. */
export interface ExampleFiles {
  /** `@lemanic/eval README:12` */
  readonly title: string
  readonly example: ReadmeExample
  readonly typescript: string
  /** Programs by their form: as an ES module, as CommonJS, and bundled with our packages inside. */
  readonly programs: readonly { readonly form: 'esm' | 'cjs' | 'bundle'; readonly path: string }[]
}

/**
 * Writes every README example of the packages into `project`, a folder where the packed packages are installed.
 * CommonJS has no top-level await, so there the statements after the imports become the body of an async function.
 */
export async function writeExamples(workspaces: readonly Workspace[], project: string): Promise<ExampleFiles[]> {
  const folder = join(project, 'examples')
  mkdirSync(folder, { recursive: true })
  const written: ExampleFiles[] = []
  for (const { name, manifest, folder: source } of workspaces) {
    for (const asset of manifest.files ?? []) {
      // Files that code finds beside its own folder (an engine's .wasm) must stand beside the folder of a bundle too.
      const from = join(project, 'node_modules', manifest.name, asset)
      if (asset !== 'dist' && !/\./.test(asset) && asset !== 'LICENSE' && existsSync(from))
        cpSync(from, join(project, asset), { recursive: true })
    }
    for (const [index, example] of extractExamples(readFileSync(join(source, 'README.md'), 'utf8')).entries()) {
      const stem = join(folder, `${name}-${index}`)
      const typescript = `${stem}.mts`
      writeFileSync(typescript, `${example.code}\nexport {}\n`)
      const { code } = await transform(example.code, {
        loader: 'ts',
        format: 'esm',
        target: 'node20',
        tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } },
      })
      writeFileSync(`${stem}.mjs`, code)
      const cjs = await transform(wrapBody(code), { loader: 'js', format: 'cjs', target: 'node20' })
      writeFileSync(`${stem}.cjs`, cjs.code)
      const bundle = `${stem}.bundle.mjs`
      await build({
        entryPoints: [`${stem}.mjs`],
        outfile: bundle,
        bundle: true,
        format: 'esm',
        platform: 'node',
        target: 'node20',
        logLevel: 'silent',
        plugins: [onlyOurPackages],
        banner: { js: requireBanner },
      })
      written.push({
        title: `${manifest.name} README:${example.line}`,
        example,
        typescript,
        programs: [
          { form: 'esm', path: `${stem}.mjs` },
          { form: 'cjs', path: `${stem}.cjs` },
          { form: 'bundle', path: bundle },
        ],
      })
    }
  }
  return written
}

// Bundled CommonJS dependencies call require for Node's own modules, which ES modules lack.
const requireBanner =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** Other people's packages stay outside the bundle: what is tested is that ours survive tree shaking. */
const onlyOurPackages: Plugin = {
  name: 'only-our-packages',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, ({ path }) =>
      path.startsWith('@lemanic/') ? undefined : { path, external: true },
    )
  },
}

function wrapBody(module: string): string {
  const lines = module.split('\n')
  // esbuild prints each import statement on one line, or closes a long one with `} from "x";`.
  let end = 0
  for (let index = 0; index < lines.length; index++) {
    if (!/^import[\s{"'*]/.test(lines[index])) continue
    while (!/["'];?$/.test(lines[index])) index++
    end = index + 1
  }
  const imports = lines.slice(0, end)
  const body = lines.slice(end)
  return [
    ...imports,
    'async function main() {',
    ...body,
    '}',
    'main().catch((error) => { console.error(error); process.exitCode = 1 })',
    '',
  ].join('\n')
}
