import { existsSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { packageFolder, type PackageName } from './tensorflow-package.js'

const isLink = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false

/**
 * Puts a link to the cached package into node_modules, where tensor-core looks for it, and takes away a link to the
 * other one. False when a package that a user installed is there: that one is left alone and used.
 */
export function linkPackage(root: string, cache: string, name: PackageName): boolean {
  for (const other of ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu'] as const) {
    const path = join(root, 'node_modules', other)
    if (isLink(path)) rmSync(path)
  }
  const path = join(root, 'node_modules', name)
  if (existsSync(path)) return false
  mkdirSync(dirname(path), { recursive: true })
  const target = packageFolder(cache, name)
  symlinkSync(process.platform === 'win32' ? target : relative(dirname(path), target), path, 'junction')
  return true
}
