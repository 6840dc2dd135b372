import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { LIMITS } from '../limits.js';
import { ownerAnswers, passwords, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';
import { AuditUsageError, runAuditCommand } from './audit-command.js';

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start(ownerAnswers);
  return () => harness.stop();
});

/** Each test begins with an empty log. */
beforeEach(async () => {
  await harness.superuser.query("TRUNCATE gateway.audit_entry; UPDATE gateway.audit_end SET entry_id = 0, sha256 = decode(repeat('00', 32), 'hex')");
  resetPasswords();
  client = new CheckingClient(harness.http);
  await client.signIn('ada', passwords.get('ada') ?? '');
});

/** Changes in the name of ada, each an entry whose object is its number. */
async function makeEntries(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => client.call('DELETE', `/api/v0/queues/${index}`)));
}

interface Verification {
  readonly intact: boolean;
  readonly intactEntries: number;
  readonly end: { readonly entryId: string; readonly sha256: string };
  readonly anchor: { readonly entryId: string };
  readonly firstBreak: { readonly entryId: string; readonly kind: string } | null;
  readonly noted: string | null;
}

async function verification(query = ''): Promise<Verification> {
  const { status, body } = await client.call('GET', `/api/v0/audit/verification${query}`);
  expect(status).toBe(200);
  return body as unknown as Verification;
}

interface Run {
  readonly exitCode: number;
  readonly said: string;
  readonly out: string;
}

async function command(...args: string[]): Promise<Run> {
  const out = new PassThrough();
  const said: string[] = [];
  const exitCode = await runAuditCommand(args, { database: async () => harness.database, out, say: (line) => void said.push(line) });
  out.end();
  return { exitCode, said: said.join('\n'), out: await text(out) };
}

/** Puts entries of this age at the end of the log, as the gateway would have written them then. */
async function appendOldEntries(count: number, ageDays: number): Promise<void> {
  await harness.superuser.query(`
    DO $$ DECLARE head gateway.audit_end; hash bytea; moment timestamptz(3) := now() - interval '${ageDays} days'; BEGIN
      SELECT * INTO head FROM gateway.audit_end WHERE name = 'head';
      FOR n IN 1 .. ${count} LOOP
        head.entry_id := head.entry_id + 1;
        head.sha256 := gateway.audit_sha256(head.sha256, ARRAY[head.entry_id::text, to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'old', '', '', 'done', '200', '', '']);
        INSERT INTO gateway.audit_entry VALUES (head.entry_id, moment, 'old', '', '', 'done', 200, '', '', head.sha256);
      END LOOP;
      UPDATE gateway.audit_end SET entry_id = head.entry_id, sha256 = head.sha256 WHERE name = 'head';
    END $$`);
}

describe('the audit log', () => {
  it('is one chain without a gap, however many write at once', async () => {
    const replica = new CheckingClient(harness.http);
    await replica.signIn('reader', passwords.get('reader') ?? '');
    await Promise.all([makeEntries(60), Promise.all(Array.from({ length: 60 }, () => replica.call('DELETE', '/api/v0/queues/x')))]);
    const found = await verification();
    expect(found).toMatchObject({ intact: true, intactEntries: 122, end: { entryId: '122' }, anchor: { entryId: '0' }, firstBreak: null, noted: null });
  });

  it('stays one when entries are written by several connections, in batches, while it is checked', async () => {
    const entry = JSON.stringify([{ actor: 'é', action: 'POST /x', object_id: '', outcome: 'done', status: 200, source: '::1', request_id: 'r' }]);
    const batch = JSON.stringify(Array.from({ length: 3 }, () => JSON.parse(entry)[0] as unknown));
    const writing = Promise.all(Array.from({ length: 50 }, (_, index) => harness.superuser.query('SELECT gateway.append_audit_entries($1)', [index % 2 ? entry : batch])));
    const during = await verification();
    await writing;
    expect(during.firstBreak).toBeNull();
    expect(await verification()).toMatchObject({ intact: true, intactEntries: 101 });
  });

  it('is read by actor, action, object, outcome and time', async () => {
    await makeEntries(3);
    await client.call('POST', '/api/v0/queues', { queueId: 'taken', name: 'Lobby', printerUri: 'ipp://printer' });
    const find = async (query: string) => (await client.call('GET', `/api/v0/audit?${query}`)).body['entries'] as { readonly at: string }[];
    const time = (await find('outcome=refused'))[0]?.at ?? '';
    const wanted = ['actor=ADA', 'actor=ad', 'action=delete', 'action=%25', 'action=_', 'objectId=2', 'outcome=refused', `from=${time}`, `to=${time}`, `action=delete&to=${time}`];
    const counts: Record<string, number> = {};
    for (const query of wanted) counts[query.replace(time, 'T')] = (await find(query)).length;
    expect(counts).toEqual({ 'actor=ADA': 5, 'actor=ad': 0, 'action=delete': 3, 'action=%25': 0, 'action=_': 0, 'objectId=2': 1, 'outcome=refused': 1, 'from=T': 1, 'to=T': 4, 'action=delete&to=T': 3 });
  });

  it('is read by nobody without the right', async () => {
    const reader = new CheckingClient(harness.http);
    await reader.signIn('reader', passwords.get('reader') ?? '');
    const statuses = await Promise.all(['', '/verification', '/export.csv', '/export.ndjson'].map(async (path) => (await reader.call('GET', `/api/v0/audit${path}`)).status));
    expect(statuses).toEqual([403, 403, 403, 403]);
  });

  it('is not the gateway\'s own to change: it may read, append, and forget what is older than a year', async () => {
    const { rows } = await harness.superuser.query<{ may: boolean }>("SELECT has_table_privilege('gateway', t, p) AS may FROM unnest(ARRAY['gateway.audit_entry', 'gateway.audit_end']) t, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) p");
    expect(rows.map(({ may }) => may)).toEqual(Array.from({ length: 8 }, () => false));
    await expect(harness.superuser.query('SELECT gateway.forget_audit_entries(364, 1)')).rejects.toThrow('365 days at least');
  });
});

describe('tampering with the audit log', () => {
  it.each([
    ['a changed actor', "UPDATE gateway.audit_entry SET actor = 'eve' WHERE id = 3", { entryId: '3', kind: 'changed' }],
    ['a changed time', "UPDATE gateway.audit_entry SET at = at - interval '1 ms' WHERE id = 2", { entryId: '2', kind: 'changed' }],
    ['a missing entry', 'DELETE FROM gateway.audit_entry WHERE id = 4', { entryId: '4', kind: 'missing' }],
    ['a log that was cut off', 'DELETE FROM gateway.audit_entry WHERE id >= 5', { entryId: '5', kind: 'missing' }],
    ['two that changed places', 'UPDATE gateway.audit_entry SET id = -id; UPDATE gateway.audit_entry SET id = CASE id WHEN -2 THEN 3 WHEN -3 THEN 2 ELSE -id END', { entryId: '2', kind: 'changed' }],
    ['one that was put in at the end', "INSERT INTO gateway.audit_entry SELECT 7, at, actor, action, object_id, outcome, status, source, request_id, sha256 FROM gateway.audit_entry WHERE id = 6", { entryId: '7', kind: 'foreign' }],
  ])('by %s is found, over REST and at the command line', async (_name, change, firstBreak) => {
    await makeEntries(5);
    await harness.superuser.query(change);
    expect(await verification()).toMatchObject({ intact: false, firstBreak });
    const { exitCode, said } = await command('verify');
    expect([exitCode, said]).toEqual([1, expect.stringMatching(`^BROKEN at entry ${firstBreak.entryId} \\(${firstBreak.kind}\\)\\. .+\n${Number(firstBreak.entryId) - 1} entries before it`)]);
  });

  it('by whoever rewrites all of it is found by an end that was noted elsewhere', async () => {
    await makeEntries(2);
    const { end } = await verification();
    const noted = `notedEntry=${end.entryId}&notedSha256=${end.sha256}`;
    await makeEntries(1);
    expect(await verification(`?${noted}`)).toMatchObject({ intact: true, noted: 'same' });
    await harness.superuser.query("TRUNCATE gateway.audit_entry; UPDATE gateway.audit_end SET entry_id = 0, sha256 = decode(repeat('00', 32), 'hex')");
    await makeEntries(4);
    expect(await verification()).toMatchObject({ intact: true });
    expect(await verification(`?${noted}`)).toMatchObject({ intact: false, noted: 'changed', firstBreak: null });
    expect(await command('verify', '--noted', `${end.entryId}:${end.sha256}`)).toMatchObject({ exitCode: 1, said: expect.stringContaining('the log was rewritten') });
    expect((await client.call('GET', `/api/v0/audit/verification?notedEntry=1`)).body['errors']).toEqual([{ field: 'notedSha256', reason: 'must stand together with notedEntry' }]);
  });
});

describe('entries older than a year', () => {
  it('are forgotten when the gateway starts, and the chain goes on from the last of them', async () => {
    await harness.superuser.query("TRUNCATE gateway.audit_entry; UPDATE gateway.audit_end SET entry_id = 0, sha256 = decode(repeat('00', 32), 'hex')");
    await appendOldEntries(LIMITS.auditBatch + 3, LIMITS.auditDays + 1);
    await appendOldEntries(2, LIMITS.auditDays - 1);
    await makeEntries(1);
    const [before, old] = [await verification(), LIMITS.auditBatch + 3];
    await harness.restart();
    await expect.poll(() => verification()).toMatchObject({ intact: true, intactEntries: 3, anchor: { entryId: String(old) }, end: before.end });
    expect(await verification(`?notedEntry=1&notedSha256=${'ab'.repeat(32)}`)).toMatchObject({ intact: true, noted: 'unknown' });
    expect((await command('verify')).said).toMatch(new RegExp(`^Entries up to ${old} were forgotten after their time\\.\nIntact: 3 entries\\.`));
    await harness.superuser.query('DELETE FROM gateway.audit_entry WHERE id = $1', [old + 1]);
    expect(await verification()).toMatchObject({ firstBreak: { entryId: String(old + 1), kind: 'missing' } });
  });
});

describe('an export of the audit log', () => {
  it('holds every entry, the oldest first, and is checked without the database', async () => {
    await makeEntries(4);
    const { headers, body } = await client.call('GET', '/api/v0/audit/export.ndjson');
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit.ndjson"');
    const [file, lines] = [join(harness.dataFolder, 'audit.ndjson'), String(body['text']).trimEnd().split('\n')];
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(['1', '2', '3', '4', '5']);
    await writeFile(file, String(body['text']));
    expect(await command('verify', '--file', file)).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^Intact: 5 entries\./) });
    await writeFile(file, lines.join('\n').replace('"objectId":"2"', '"objectId":"9"'));
    expect(await command('verify', '--file', file)).toMatchObject({ exitCode: 1, said: expect.stringContaining('(changed)') });
  });

  it('that begins in the middle is checked from the entry that is said to come before', async () => {
    await makeEntries(4);
    const all = (await command('export')).out.trimEnd().split('\n');
    const [file, before] = [join(harness.dataFolder, 'later.ndjson'), JSON.parse(all[1] ?? '') as { sha256: string }];
    await writeFile(file, all.slice(2).join('\n'));
    expect((await command('verify', '--file', file)).said).toMatch(/^Entry 3, with which the file begins, can't be checked itself.*\nIntact: 2 entries\./);
    expect(await command('verify', '--file', file, '--after', `2:${before.sha256}`)).toMatchObject({ exitCode: 0, said: expect.stringMatching(/^Intact: 3 entries\./) });
    expect((await command('verify', '--file', file, '--after', `2:${'ab'.repeat(32)}`)).exitCode).toBe(1);
    await writeFile(file, 'no entry');
    await expect(command('verify', '--file', file)).rejects.toThrow('Line 1 of the file is no audit entry');
  });

  it('for spreadsheets runs no formula', async () => {
    await client.call('DELETE', `/api/v0/queues/${encodeURIComponent('=1+1,"x"')}`);
    const [head, ...lines] = String((await client.call('GET', '/api/v0/audit/export.csv?action=DELETE')).body['text']).trimEnd().split('\r\n');
    expect(head).toBe('id,at,actor,action,objectId,outcome,status,source,requestId,sha256');
    expect(lines).toEqual([expect.stringMatching(/^2,[^,]+,ada,DELETE \/api\/v0\/queues\/\{queueId\},"'=1\+1,""x""",done,204,/)]);
  });

  it('goes to a file for its owner alone, filtered, from the command line', async () => {
    await makeEntries(2);
    const file = join(harness.dataFolder, 'audit.csv');
    expect(await command('export', '--format', 'csv', '--actor', 'ada', '--action', 'queues', '--from', '2026-01-01', '--out', file)).toEqual({ exitCode: 0, said: '', out: '' });
    expect((await readFile(file, 'utf8')).trimEnd().split('\r\n')).toHaveLength(3);
  });

  it.each([
    [[], 'Say what to do'],
    [['destroy'], '"destroy" is not known'],
    [['verify', '--quick'], 'Unknown option'],
    [['verify', '--noted', '5'], '--noted must be an entry\'s number and hash'],
    [['export', '--format', 'xml'], '--format must be ndjson or csv'],
    [['export', '--from', 'yesterday'], '--from must be a time'],
  ])('by the arguments %j is refused with a sentence', async (args, sentence) => {
    await expect(command(...args)).rejects.toThrow(AuditUsageError);
    await expect(command(...args)).rejects.toThrow(sentence);
  });
});
