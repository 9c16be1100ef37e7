export { CurationError, type CurationErrorCode } from './curation-error.js'
export type { Document, Share } from './document.js'
export { readJsonLines, type ReadJsonLinesOptions } from './read-json-lines.js'
export { readTextFolder } from './read-text-folder.js'
