import { defineConfig } from 'vitest/config'
import { testOptions } from '../config/vitest.shared.js'

export default defineConfig(testOptions(import.meta.dirname))
