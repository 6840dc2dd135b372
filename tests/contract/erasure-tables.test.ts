import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** `guest_account.guest`, from every migration. */
function tables(): string[] {
  return globSync(['services/*/prisma/migrations/*/migration.sql', 'libs/*/migrations/*/migration.sql'], { cwd: root }).flatMap((path) => {
    const schema = (path.split('/')[1] ?? '').replaceAll('-', '_');
    return [...readFileSync(join(root, path), 'utf8').matchAll(/^CREATE TABLE "?(\w+)"?/gmu)].map((match) => `${schema}.${match[1] ?? ''}`);
  });
}

it('for every table docs/erasure.md says what the erasure of a person does to it', () => {
  const described = readFileSync(join(root, 'docs', 'erasure.md'), 'utf8');
  const rows = described.split('\n').filter((line) => line.startsWith('| ') && line.includes('.'));
  expect(tables()).toEqual(expect.arrayContaining(['guest_account.guest', 'journey.entry', 'print_submit.job']));
  expect(tables().filter((table) => !rows.some((row) => new RegExp(`\\b${table}\\b(?!_)`, 'u').test(row.split('|')[1] ?? '')))).toEqual([]);
});
