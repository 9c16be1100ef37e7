import { defineConfig } from 'vitest/config'
import { testOptions } from '../../tools/config/vitest.shared.js'

export default defineConfig(testOptions(import.meta.dirname))
