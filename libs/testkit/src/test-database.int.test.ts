import { Client } from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { createTestDatabase, type DatabaseAddress, type TemplateDatabase, type TestDatabase } from './test-database.js';

const made: TestDatabase[] = [];
afterAll(() => Promise.all(made.map((database) => database.drop())));

async function create(template?: TemplateDatabase): Promise<TestDatabase> {
  const database = await createTestDatabase(template);
  made.push(database);
  return database;
}

async function query(address: DatabaseAddress, sql: string): Promise<unknown[]> {
  const client = new Client({ ...address });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

function countedTemplate(fingerprint: string): { template: TemplateDatabase; prepared: () => number } {
  let count = 0;
  const prepare = async (admin: DatabaseAddress): Promise<void> => {
    count += 1;
    await query(admin, 'CREATE TABLE note (text text)');
    await query(admin, "INSERT INTO note VALUES ('from the template')");
  };
  return { template: { name: 'testkit', fingerprint, prepare }, prepared: () => count };
}

describe('createTestDatabase', () => {
  it('prepares the template once for callers that come at the same moment', async () => {
    const { template, prepared } = countedTemplate('at the same moment');
    const databases = await Promise.all([create(template), create(template), create(template)]);
    expect(prepared()).toBe(1);
    for (const database of databases) {
      expect(await query(database, 'SELECT text FROM note')).toEqual([{ text: 'from the template' }]);
    }
  });

  it('keeps what one test writes out of the others and of the template', async () => {
    const { template } = countedTemplate('isolation');
    const [one, other] = [await create(template), await create(template)];
    await query(one, "UPDATE note SET text = 'mine'");
    expect(await query(other, 'SELECT text FROM note')).toEqual([{ text: 'from the template' }]);
    expect(await query(await create(template), 'SELECT text FROM note')).toEqual([{ text: 'from the template' }]);
  });

  it('clones who may connect, which PostgreSQL itself does not', async () => {
    const { template } = countedTemplate('closed to the public');
    const prepare = async (admin: DatabaseAddress): Promise<void> => {
      await query(admin, `REVOKE CONNECT ON DATABASE "${admin.database}" FROM PUBLIC`);
    };
    const [closed, open] = [await create({ ...template, prepare }), await create()];
    const mayConnect = (database: DatabaseAddress): Promise<unknown[]> =>
      query(database, "SELECT has_database_privilege('pg_monitor', current_database(), 'CONNECT') AS allowed");
    expect(await mayConnect(closed)).toEqual([{ allowed: false }]);
    expect(await mayConnect(open)).toEqual([{ allowed: true }]);
  });

  it('makes a new template when the fingerprint changes', async () => {
    const [before, after] = [countedTemplate('migration 1'), countedTemplate('migration 1, migration 2')];
    await create(before.template);
    await create(after.template);
    expect([before.prepared(), after.prepared()]).toEqual([1, 1]);
  });

  it('leaves no half template when its preparation fails', async () => {
    const { template } = countedTemplate('fails first');
    const failing = { ...template, prepare: () => Promise.reject(new Error('migration 3 is wrong')) };
    await expect(createTestDatabase(failing)).rejects.toThrow('migration 3 is wrong');
    expect(await query(await create(template), 'SELECT text FROM note')).toEqual([{ text: 'from the template' }]);
  });

  it('drops a database that still has connections', async () => {
    const database = await createTestDatabase();
    const client = new Client({ connectionString: database.url() });
    const cut = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await database.drop();
    await cut;
    await expect(query(database, 'SELECT 1')).rejects.toThrow(/does not exist/);
  });
});
