import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { makePuk } from '../hold-job/puk.js';
import { type Instance, PrintHarness, queueSettings } from '../print-submit.harness.js';

let harness: PrintHarness;
let instance: Instance;

beforeAll(async () => {
  harness = await PrintHarness.start();
  instance = await harness.startInstance();
  const printer = await VirtualPrinter.start({ outputFolder: join(harness.folder, 'printed') });
  await instance.queues.createQueue({ settings: queueSettings('lobby', printer.uri) });
  return async () => {
    await harness.remove();
    await printer.stop();
  };
});

const guess = async (releasePoint: string, code = makePuk()) => (await instance.release.listWaiting({ code, releasePoint })).outcome;

describe('guessing codes', () => {
  it('ten times locks the release point out, also for the right code, and no other point', async () => {
    const code = await harness.codeOf(await harness.mail('lobby', { owner: 'ada@example.org' }));
    const outcomes: string[] = [];
    for (let tries = 0; tries < 10; tries += 1) outcomes.push(await guess('guessed'));
    expect(outcomes).toEqual([...Array.from({ length: 5 }, () => 'wrong-code'), ...Array.from({ length: 5 }, () => 'locked-out')]);
    const locked = await instance.release.release({ code, releasePoint: 'guessed', jobIds: [] });
    expect(locked).toMatchObject({ outcome: 'locked-out', jobs: [] });
    expect(locked.retryAfterSeconds).toBeGreaterThan(20);
    expect(locked.retryAfterSeconds).toBeLessThanOrEqual(30);
    expect(await guess('elsewhere', code)).toBe('valid');
  });

  it('goes on when the lock is over, and the next wrong one locks for longer', async () => {
    for (let tries = 0; tries < 5; tries += 1) await guess('patient');
    await harness.superuser.query(`UPDATE print_submit.wrong_codes SET locked_until = now() WHERE scope = 'point:patient'`);
    expect(await guess('patient')).toBe('wrong-code');
    const { retryAfterSeconds } = await instance.release.listWaiting({ code: makePuk(), releasePoint: 'patient' });
    expect(retryAfterSeconds).toBeGreaterThan(50);
    await harness.superuser.query(`UPDATE print_submit.wrong_codes SET locked_until = now() WHERE scope = 'point:patient'`);
    const code = await harness.codeOf(await harness.mail('lobby', { owner: 'bob@example.org' }));
    expect(await guess('patient', code)).toBe('valid');
    for (let tries = 0; tries < 4; tries += 1) expect(await guess('patient')).toBe('wrong-code');
    expect(await guess('patient', code)).toBe('valid');
  });

  it('side by side gives no more tries than one after another', async () => {
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => guess('parallel')));
    expect(outcomes.filter((outcome) => outcome === 'wrong-code')).toHaveLength(5);
    expect(outcomes.filter((outcome) => outcome === 'locked-out')).toHaveLength(35);
  });

  it('at many points is stopped where wrong ones were given, then at every new point, but not where a right one was given lately', async () => {
    const code = await harness.codeOf(await harness.mail('lobby', { owner: 'eve@example.org' }));
    const wrongSoFar = (scope: string, count: number) =>
      harness.superuser.query('UPDATE print_submit.wrong_codes SET in_window = $2, window_began_at = now() WHERE scope = $1', [scope, count]);
    expect(await guess('trusted', code)).toBe('valid');
    await wrongSoFar('untrusted', 299);
    expect([await guess('point-299'), await guess('point-299')]).toEqual(['wrong-code', 'locked-out']);
    expect(await guess('innocent', code)).toBe('valid');
    await wrongSoFar('untrusted', 999);
    expect([await guess('point-999'), await guess('point-1000', code)]).toEqual(['wrong-code', 'locked-out']);
    expect(await guess('trusted', code)).toBe('valid');
    await wrongSoFar('trusted', 2_999);
    expect([await guess('trusted'), await guess('trusted', code)]).toEqual(['wrong-code', 'locked-out']);
    await wrongSoFar('untrusted', 0);
    expect(await guess('point-0', code)).toBe('valid');
    await wrongSoFar('trusted', 0);
  });

  it('counts what can\'t be a code like any other wrong one', async () => {
    for (let tries = 0; tries < 5; tries += 1) expect(await guess('nonsense', '0000')).toBe('wrong-code');
    expect(await guess('nonsense')).toBe('locked-out');
  });

  it('is refused without a code or a release point', async () => {
    await expect(instance.release.listWaiting({ code: ' ', releasePoint: 'x' })).rejects.toThrow(/code: is missing/);
    await expect(instance.release.listWaiting({ code: 'x'.repeat(65), releasePoint: 'x' })).rejects.toThrow(/code: must have at most/);
    await expect(instance.release.release({ code: 'ABCDEFGH', releasePoint: '' })).rejects.toThrow(/releasePoint: is missing/);
    await expect(instance.release.release({ code: 'ABCDEFGH', releasePoint: 'x', jobIds: ['1'] })).rejects.toThrow(/jobIds: must be the id/);
  });
});

describe('a copy of the database', () => {
  it('reveals no code', async () => {
    const mailed = await harness.mail('lobby', { owner: 'carol@example.org' });
    const code = await harness.codeOf(mailed);
    const tables = await harness.superuser.query<{ name: string }>(`SELECT schemaname || '.' || tablename AS name FROM pg_tables WHERE schemaname IN ('print_submit', 'flow', 'journey', 'spool')`);
    for (const { name } of tables.rows) {
      const { rows } = await harness.superuser.query<{ dump: string }>(`SELECT coalesce(string_agg(t::text, ' '), '') AS dump FROM ${name} AS t`);
      expect(rows[0]?.dump.toUpperCase()).not.toContain(code);
      expect(rows[0]?.dump.toUpperCase()).not.toContain(Buffer.from(code).toString('hex').toUpperCase());
    }
    const { rows } = await harness.superuser.query<{ code_hash: Buffer }>(`SELECT code_hash FROM print_submit.puk WHERE account_id = 'account:carol@example.org'`);
    expect(rows.map(({ code_hash: hash }) => hash.length)).toEqual([32]);
  });
});
