import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const folders = (parent: string) => readdirSync(join(root, parent), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`);
const libs = folders('libs');
const services = folders('services').filter((folder) => existsSync(join(root, folder, 'src')));

function sources(folder: string): string[] {
  return readdirSync(join(root, folder, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(^|\/)gen\//.test(name))
    .map((name) => `${folder}/src/${name}`);
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

/** What may not be: each rule gives the files that break it. */
const rules = {
  'a service imports no other service': (file: string, imported: string) => {
    const own = file.split('/')[1];
    return services.some((service) => service !== `services/${own}` && imported.startsWith(`@inkpost/${service.split('/')[1]}/`));
  },
  'a library imports no service and no infrastructure': (file: string, imported: string) =>
    file.startsWith('libs/') && !file.startsWith('libs/testkit/') && !file.endsWith('.test.ts') && (services.some((service) => imported.startsWith(`@inkpost/${service.split('/')[1]}/`)) || /^@inkpost\/(database|local|suite|testkit)\//.test(imported)),
  'product code imports no test code': (file: string, imported: string) => file.startsWith('services/') && !file.endsWith('.test.ts') && !isTestSupport(file) && imported.startsWith('@inkpost/testkit/'),
  'relative imports stay inside the package': (file: string, imported: string) => imported.startsWith('.') && relative(join(root, file.split('/').slice(0, 2).join('/')), join(root, file, '..', imported)).startsWith('..'),
  'only a composition root knows both a port and its adapters': (file: string, imported: string) => !/\.(module|adapter|test)\.ts$/.test(file) && !isTestSupport(file) && imported.endsWith('.adapter.js') && !file.includes('/adapters/'),
};

/** Support of a package's own tests, named after it: `<what>.harness.ts`. */
function isTestSupport(file: string): boolean {
  return file.endsWith('.harness.ts');
}

function violations(files: Iterable<readonly [file: string, text: string]>): string[] {
  const found: string[] = [];
  for (const [file, text] of files) {
    for (const imported of importsOf(text)) {
      for (const [rule, isBroken] of Object.entries(rules)) if (isBroken(file, imported)) found.push(`${file}: ${rule} (${imported})`);
    }
  }
  return found;
}

describe('the boundaries', () => {
  it('hold in every file', () => {
    const files = [...libs, ...services].flatMap((folder) => sources(folder)).map((file) => [file, readFileSync(join(root, file), 'utf8')] as const);
    expect(files.length).toBeGreaterThan(100);
    expect(violations(files)).toEqual([]);
  });

  it.each([
    ['services/acceptance/src/planted.ts', '@inkpost/guest-account/guest-account.module.js'],
    ['libs/flow/src/planted.ts', '@inkpost/acceptance/acceptance.module.js'],
    ['libs/flow/src/planted.ts', '@inkpost/suite/start-suite.js'],
    ['services/acceptance/src/planted.ts', '@inkpost/testkit/free-port.js'],
    ['services/acceptance/src/planted.ts', '../../../libs/flow/src/flow.js'],
    ['services/notification/src/notify/planted.ts', '../adapters/smtp.adapter.js'],
  ])('turn red for a forbidden import in %s of %s', (file, imported) => {
    expect(violations([[file, `import { x } from '${imported}';`]])).not.toEqual([]);
  });

  it('leave no folder or file without a name of its own', () => {
    const banned = /(^|\/)(utils?|helpers?|common|shared|misc|core|base|index)(\/|\.ts$)/;
    expect([...libs, ...services].flatMap(sources).filter((file) => banned.test(file))).toEqual([]);
  });

  it('let one file alone read the environment', () => {
    const readers = [...libs, ...services].flatMap(sources).filter((file) => !file.endsWith('.test.ts') && !file.startsWith('libs/testkit/') && /process\.env\b/.test(readFileSync(join(root, file), 'utf8')));
    expect(readers).toEqual(['libs/config/src/environment.ts']);
  });

  it('let the linter turn red: a floating promise, an any and an import cycle are refused', async () => {
    const folder = await mkdtemp(join(root, 'tests', 'architecture', 'planted-'));
    try {
      await writeFile(join(folder, 'one.ts'), "import { two } from './two.js';\nexport const one = async (x: any): Promise<void> => { void x; two(); };\n");
      await writeFile(join(folder, 'two.ts'), "import { one } from './one.js';\nexport const two = (): void => { one(1); };\n");
      const { stdout } = await run(join(root, 'node_modules/.bin/oxlint'), ['--type-aware', folder], { cwd: root }).catch((error: { stdout: string }) => error);
      for (const rule of ['no-explicit-any', 'no-floating-promises', 'no-cycle']) expect(stdout).toContain(rule);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
