import { defineConfig } from 'vitest/config';

// Workspace packages are read from their sources, so that a test never runs against a stale build.
const resolve = { conditions: ['inkpost-source'] };

// Test files stand outside the packages' tsconfig.json, so the decorators' dialect is said here again.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };

// One PostgreSQL and one Redis for all files of a run.
const globalSetup = ['libs/testkit/src/global-setup.ts'];

// What only measures runs when it is asked for: INKPOST_MEASURE=1 npx vitest run search.measure
const exclude = process.env['INKPOST_MEASURE'] === undefined ? ['**/*.measure.*.test.ts'] : [];
// Whole suites in networks of their own take minutes, and a machine that lets make such networks: npm run test:network
if (process.env['INKPOST_NETWORK'] === undefined) exclude.push('**/domain-network.e2e.test.ts');

export default defineConfig({
  test: {
    projects: [
      {
        oxc,
        resolve,
        ssr: { resolve },
        // Pure: files of a worker share their modules, so that each is read once.
        test: { name: 'unit', isolate: false, testTimeout: 20_000, include: ['{libs,services}/*/src/**/*.test.ts', 'infra/*/src/**/*.test.ts', 'tests/{bench,chaos}/**/*.test.ts'], exclude: ['**/*.int.test.ts', '**/*.e2e.test.ts'] },
      },
      {
        oxc,
        resolve,
        ssr: { resolve },
        test: {
          name: 'integration',
          globalSetup,
          // They wait for servers more than they compute: more of them than processors.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          include: ['{libs,services}/*/src/**/*.int.test.ts', 'infra/*/src/**/*.int.test.ts'],
          exclude,
          testTimeout: 30_000,
          // Real servers on a busy machine: a poll ends at once when it holds, and waits longer than the usual second when it doesn't.
          expect: { poll: { timeout: 10_000 } },
          hookTimeout: 60_000,
        },
      },
      {
        oxc,
        resolve,
        ssr: { resolve },
        test: { name: 'contract', include: ['tests/{architecture,contract}/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        oxc,
        resolve,
        ssr: { resolve },
        test: { name: 'e2e', globalSetup, include: ['tests/e2e/**/*.e2e.test.ts'], exclude, testTimeout: 60_000, hookTimeout: 120_000, maxWorkers: 2, sequence: { groupOrder: 2 } },
      },
    ],
  },
});
