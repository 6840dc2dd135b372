import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

describe('the tables and triggers of shared objects', () => {
  it.each([['print-submit', 'print'], ['guest-account', 'account'], ['notification', 'notification']])('are in %s as this package has them, but for the subject', (service, area) => {
    expect(read(`services/${service}/prisma/migrations/0001_initial/migration.sql`)).toContain(read('libs/shared-object/migrations/shared-object.sql').replace('<area>', area));
  });
});
