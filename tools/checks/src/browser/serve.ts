import { createServer, type Server } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { build } from 'esbuild'
import { repositoryRoot } from '../workspaces.js'

const page =
  '<!doctype html><html lang="en"><title>conformance</title><script type="module" src="/dist/page.js"></script>'

/** The page as one script, from the sources, as a bundler for browsers makes it. */
async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'page.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    conditions: ['@lemanic/source'],
    logLevel: 'warning',
  })
  return outputFiles[0]!.contents
}

/** Serves the page on this machine: below `/isolated/` with the headers that let memory be shared, else without. */
export async function servePage(): Promise<{ server: Server; origin: string }> {
  const script = await bundle()
  const wasm = join(repositoryRoot, 'packages/tensor-native/wasm')
  const isolation = {
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
  }
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const answer = async (): Promise<readonly [type: string, body: string | Uint8Array]> => {
      if (path === '/plain' || path === '/isolated') return ['text/html', page]
      if (path === '/dist/page.js') return ['text/javascript', script]
      const [, name] = /^\/wasm\/([\w-]+\.wasm)$/.exec(path) ?? []
      if (name === undefined) throw new Error(`there is no ${path}`)
      return ['application/wasm', await readFile(join(wasm, name))]
    }
    answer().then(
      ([type, body]) => {
        response.writeHead(200, { 'Content-Type': type, ...(path === '/plain' ? {} : isolation) }).end(body)
      },
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
