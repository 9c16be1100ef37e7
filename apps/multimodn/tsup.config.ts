import { defineConfig } from 'tsup'
import { buildOptions } from '../../tools/config/tsup.shared.js'

export default defineConfig(buildOptions(import.meta.dirname))
