import tseslint from 'typescript-eslint';

export default tseslint.config(
  {ignores: ['dist/**', 'node_modules/**', 'coverage/**']},
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked],
    languageOptions: {parserOptions: {projectService: true, tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      '@typescript-eslint/consistent-type-imports': 'error',
      // Numbers and booleans read well in messages; objects do not and stay refused.
      '@typescript-eslint/restrict-template-expressions': ['error', {allowNumber: true, allowBoolean: true}],
      '@typescript-eslint/no-confusing-void-expression': ['error', {ignoreArrowShorthand: true}],
      // A store or activity may have nothing to await and still has to answer with a promise.
      '@typescript-eslint/require-await': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {files: ['bench/**', 'dev/**', 'test/**', 'examples/**'], rules: {'no-console': 'off'}},
  {
    files: ['workflows/**/*.ts', 'src/contracts/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {group: ['node:*'], message: 'Workflow code runs in a sandbox without Node: move this into an activity.'},
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        {name: 'process', message: 'Workflow code has no process.'},
        {name: 'Buffer', message: 'Workflow code has no Buffer: use Uint8Array.'},
      ],
    },
  },
);
