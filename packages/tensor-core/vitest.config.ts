import { defineConfig } from 'vitest/config';
import { testOptions } from '../../tools/build/vitest.shared.js';

export default defineConfig(testOptions(import.meta.dirname));
