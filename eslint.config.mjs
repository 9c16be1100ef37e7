import nx from '@nx/eslint-plugin'
import tseslint from 'typescript-eslint'

/** Which project may import which: the arrows of docs/architecture.md. */
const arrows = {
  'package:tensor-native': [],
  'package:tensor-core': ['package:tensor-native'],
  'package:transformer': ['package:tensor-core'],
  'package:compression': ['package:tensor-core'],
  'package:fed-opt': ['package:tensor-core'],
  'package:multimodal': ['package:tensor-core'],
  'package:curriculum': ['package:tensor-core'],
  'package:summarization': ['package:transformer', 'package:tensor-core'],
  'package:eval': [],
  'package:data-curation': [],
  'study:*': ['package:*', 'tool:datasets'],
  'app:lab': ['package:*', 'study:*', 'tool:*'],
  'tool:*': ['package:*', 'study:*', 'app:lab', 'tool:*'],
}

const depConstraints = Object.entries(arrows).map(([sourceTag, targets]) => ({
  sourceTag,
  onlyDependOnLibsWithTags: targets,
}))

/** What a library may not reach for: the caller passes keys, clocks and reporters in. */
const ambient = {
  'no-console': 'error',
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'Take a RandomKey instead.' },
    { object: 'Date', property: 'now', message: 'Let the caller pass the time in.' },
    { object: 'performance', property: 'now', message: 'Let the caller pass the time in.' },
    { object: 'process', property: 'env', message: 'Take an option instead.' },
    { object: 'process', property: 'exit', message: 'Throw an error instead.' },
    { object: 'process', property: 'argv', message: 'Take an option instead.' },
  ],
  'no-restricted-syntax': [
    'error',
    { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
    // A folder's exports.ts or index.ts is itself a list of names.
    {
      selector: 'ExportAllDeclaration[exported=null]:not([source.value=/\\u002F(exports|index|node-exports)\\.js$/])',
      message: 'Name what you re-export.',
    },
    { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'Let the caller pass the time in.' },
  ],
}

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/build/**',
      '**/out/**',
      '**/coverage/**',
      '**/node_modules/**',
      '**/fixtures/**',
      '.nx/**',
      'docs/api/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.{ts,mts,mjs,js}'],
    extends: [tseslint.configs.recommended],
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-var': 'error',
      'prefer-const': ['error', { destructuring: 'all' }],
    },
  },
  {
    files: ['packages/*/src/**/*.ts', 'apps/*/src/**/*.ts', 'tools/*/src/**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: ['../**/config/readme-examples.js'], enforceBuildableLibDependency: false, depConstraints },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/await-thenable': 'error',
    },
  },
  {
    // Packages are libraries; the one command line among them is tensor-core's `lemanic` (doctor).
    files: ['packages/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/test-*.ts', 'packages/tensor-core/src/cli.ts'],
    rules: ambient,
  },
)
