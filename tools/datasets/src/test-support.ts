import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import type { CommandRunner } from './run-command.js'

/** A tar archive of these files, as ustar. */
export function writeTar(files: Readonly<Record<string, string | Uint8Array>>): Buffer {
  const blocks: Buffer[] = []
  for (const [path, value] of Object.entries(files)) {
    const content = Buffer.from(value)
    const header = Buffer.alloc(512)
    header.write(path, 0, 100)
    header.write('0000644\0', 100)
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148) // the checksum counts as spaces
    header.write('0', 156)
    header.write('ustar\u000000', 257)
    header.write(
      `${header
        .reduce((sum, byte) => sum + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
    )
    blocks.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

export const sha = (
  algorithm: 'sha256' | 'sha512',
  content: string | Uint8Array,
  encoding: 'hex' | 'base64' = 'hex',
): string => createHash(algorithm).update(content).digest(encoding)

/** A machine with npm, apt-get and dpkg-deb that know one package each; `calls` is what was run. */
export function fakeMachine(options: {
  readonly npm?: Readonly<Record<string, Buffer>>
  readonly debian?: Readonly<Record<string, Readonly<Record<string, string>>>>
}): { run: CommandRunner; calls: string[] } {
  const calls: string[] = []
  const done = { code: 0, stdout: Buffer.alloc(0), stderr: '' }
  const failed = (stderr: string) => ({ code: 1, stdout: Buffer.alloc(0), stderr })
  const run: CommandRunner = async (command, args, { cwd = '' } = {}) => {
    calls.push([command, ...args.slice(0, 2)].join(' '))
    const [verb, subject = '', target = ''] = args
    if (command === 'npm' && verb === 'pack') {
      const tarball = options.npm?.[subject]
      if (tarball === undefined) return failed('npm error code E404\nnpm error 404 Not Found\n')
      writeFileSync(join(args.at(-1)!, 'package-1.0.0.tgz'), tarball)
      return done
    }
    if (command === 'apt-get' && verb === 'download') {
      const files = options.debian?.[subject]
      if (files === undefined) return failed(`E: Version for '${subject}' was not found\n`)
      writeFileSync(join(cwd, 'package_1_all.deb'), JSON.stringify(files))
      return done
    }
    if (command === 'dpkg-deb' && verb === '-x') {
      for (const [path, content] of Object.entries(
        JSON.parse(readFileSync(subject, 'utf8')) as Record<string, string>,
      )) {
        mkdirSync(dirname(join(target, path)), { recursive: true })
        writeFileSync(join(target, path), content)
      }
      return done
    }
    return failed(`${command}: unexpected`)
  }
  return { run, calls }
}

export const pack = (files: Readonly<Record<string, string | Uint8Array>>): Buffer => gzipSync(writeTar(files))
