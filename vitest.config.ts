import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that a test never runs against a stale build.
const resolve = { conditions: ['inkpost-source'] };

// One PostgreSQL and one Redis for all files of a run.
const globalSetup = ['libs/testkit/src/global-setup.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: { name: 'unit', include: ['{libs,services}/*/src/**/*.test.ts', 'infra/local/**/*.test.ts'], exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts'] },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'integration',
          globalSetup,
          include: ['{libs,services}/*/src/**/*.int.test.ts', 'infra/local/**/*.int.test.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: { name: 'contract', include: ['tests/{architecture,contract}/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        resolve,
        ssr: { resolve },
        test: { name: 'e2e', globalSetup, include: ['tests/e2e/**/*.e2e.test.ts'], testTimeout: 60_000, hookTimeout: 120_000, fileParallelism: false },
      },
    ],
  },
});
