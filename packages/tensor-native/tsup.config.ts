import { defineConfig } from 'tsup';
import { buildOptions } from '../../tools/build/tsup.shared.js';

export default defineConfig(buildOptions(import.meta.dirname));
