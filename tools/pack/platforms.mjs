// The machines for which the native engine is published, each as an optional package of @lemanic/tensor-native.
/** `name` is `process.platform-process.arch`; `os`, `cpu` and `libc` say to npm where the package may be installed. */
export const platforms = [
  { name: 'linux-x64', os: 'linux', cpu: 'x64', libc: 'glibc' },
  { name: 'linux-arm64', os: 'linux', cpu: 'arm64', libc: 'glibc' },
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64' },
  { name: 'win32-x64', os: 'win32', cpu: 'x64' },
]

export const enginePackage = '@lemanic/tensor-native'
export const platformPackage = (platform) => `${enginePackage}-${platform}`
