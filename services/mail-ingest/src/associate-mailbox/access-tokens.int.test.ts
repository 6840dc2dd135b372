import { beforeAll, describe, expect, it } from 'vitest';
import { REFRESH_STORE_MAX_MS } from '../limits.js';
import { OAuthHarness, type OAuthReplica } from './oauth.harness.js';

const person = (name: string) => ({ address: `${name}@test.example`, password: `${name}-secret` });
const names = ['steady', 'rotating', 'two', 'crashed', 'stored', 'refused', 'revoked', 'broken', 'moved', 'away'] as const;
const users = Object.fromEntries(names.map((name) => [name, person(name)])) as Record<(typeof names)[number], ReturnType<typeof person>>;

describe('access tokens', () => {
  let harness: OAuthHarness;
  let replica: OAuthReplica;

  beforeAll(async () => {
    harness = await OAuthHarness.start(Object.values(users));
    replica = harness.replica();
    return () => harness.stop();
  });

  async function associated(name: (typeof names)[number], accessTokenSeconds = 3_600): Promise<string> {
    const id = await harness.addMailbox(users[name].address);
    harness.provider.setAccessTokenSeconds(accessTokenSeconds);
    expect(await harness.associate(replica, id, users[name])).toMatchObject({ outcome: 'associated', account: users[name].address });
    return id;
  }

  const refreshes = () => harness.provider.tokenRequests().filter(({ grantType }) => grantType === 'refresh_token').length;
  const outrun = (mailboxId: string) => harness.superuser.query('UPDATE mail_ingest.association SET access_token_fresh_until = now(), access_token_expires_at = now() WHERE mailbox_id = $1', [mailboxId]);
  const problemOf = (work: Promise<unknown>) => work.then(() => undefined, (error: unknown) => error);

  it('are used until they run out, and survive a restart', async () => {
    const id = await associated('steady');
    const before = refreshes();
    const token = await replica.tokens.accessToken(id);
    expect([await replica.tokens.accessToken(id), await harness.replica().tokens.accessToken(id), refreshes() - before]).toEqual([token, token, 0]);
  });

  it('are refreshed once for all who ask, each time with the new refresh token', async () => {
    const id = await associated('rotating');
    for (let round = 0; round < 3; round += 1) {
      const before = refreshes();
      await outrun(id);
      const tokens = await Promise.all(Array.from({ length: 5 }, () => replica.tokens.accessToken(id)));
      expect([new Set(tokens).size, refreshes() - before]).toEqual([1, 1]);
    }
  });

  it('are refreshed by one of several replicas: an old refresh token used again would end the grant', async () => {
    const id = await associated('two');
    harness.provider.setTokenDelayMs(200);
    const [one, other] = [harness.replica(), harness.replica()];
    for (let round = 0; round < 3; round += 1) {
      const before = refreshes();
      await outrun(id);
      const tokens = await Promise.all([one, other, replica].map(({ tokens }) => tokens.accessToken(id)));
      expect([new Set(tokens).size, refreshes() - before]).toEqual([1, 1]);
    }
    harness.provider.setTokenDelayMs(0);
  });

  it('are refreshed by another replica when the one that was at it is gone', async () => {
    const id = await associated('crashed');
    await outrun(id);
    await harness.superuser.query(`UPDATE mail_ingest.association SET refresher = gen_random_uuid(), refresh_until = now() + interval '400 ms' WHERE mailbox_id = $1`, [id]);
    const before = performance.now();
    expect(await replica.tokens.accessToken(id)).not.toBe('');
    expect(performance.now() - before).toBeGreaterThan(300);
  });

  it('come out only when the new refresh token is stored, sealed, even if the database goes away meanwhile', async () => {
    const id = await associated('stored');
    await outrun(id);
    const { rows: [before] } = await harness.superuser.query<{ sealed: Buffer }>('SELECT sealed_refresh_token AS sealed FROM mail_ingest.association WHERE mailbox_id = $1', [id]);
    const [given, holder] = [refreshes(), await harness.superuser.connect()];
    harness.provider.setTokenDelayMs(300);
    let out = false;
    const token = replica.tokens.accessToken(id).finally(() => {
      out = true;
    });
    await expect.poll(async () => (await holder.query('SELECT 1 FROM mail_ingest.association WHERE mailbox_id = $1 AND refresher IS NOT NULL', [id])).rowCount).toBe(1);
    // From here on nobody can store anything in the row, and whoever waits for it loses the connection.
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM mail_ingest.association WHERE mailbox_id = $1 FOR UPDATE', [id]);
    await expect.poll(() => refreshes() - given).toBe(1);
    const ended = () => harness.superuser.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'mail_ingest' AND datname = current_database() AND wait_event_type = 'Lock'`);
    await expect.poll(async () => (await ended()).rowCount).toBe(1);
    expect(out).toBe(false);
    // As long as it may be tried again, no other replica may use the old one.
    const { rows: [lease] } = await holder.query<{ left_ms: number }>('SELECT (extract(epoch FROM refresh_until - clock_timestamp()) * 1000)::float8 AS left_ms FROM mail_ingest.association WHERE mailbox_id = $1', [id]);
    expect(lease?.left_ms).toBeGreaterThan(REFRESH_STORE_MAX_MS);
    await holder.query('COMMIT');
    holder.release();
    harness.provider.setTokenDelayMs(0);
    const { rows: [after] } = await token.then(() => harness.superuser.query<{ sealed: Buffer; text: string }>('SELECT sealed_refresh_token AS sealed, a::text AS text FROM mail_ingest.association a WHERE mailbox_id = $1', [id]));
    expect(after?.sealed.equals(before?.sealed ?? Buffer.of())).toBe(false);
    expect(after?.text).not.toContain(await token);
    await outrun(id);
    expect(await replica.tokens.accessToken(id)).not.toBe(await token);
  });

  it('that a mail server refuses are got anew, though they have not run out', async () => {
    const id = await associated('refused');
    const token = await replica.tokens.accessToken(id);
    const other = await replica.tokens.accessToken(id, token);
    expect(other).not.toBe(token);
    expect(await replica.tokens.accessToken(id, token)).toBe(other);
  });

  it('are no longer to be had when the grant is revoked, which is said once in the log, and are again after a new association', async () => {
    const id = await associated('revoked');
    await outrun(id);
    harness.provider.revoke(users.revoked.address);
    expect(await problemOf(replica.tokens.accessToken(id))).toMatchObject({ code: 'mailbox.needs-association', message: expect.stringMatching(/revoked.*Associate the mailbox again.*AADSTS50173/) });
    await problemOf(replica.tokens.accessToken(id));
    const told = replica.logged.filter(({ event, mailbox }) => event === 'EntraId connection failed' && mailbox === users.revoked.address);
    expect(told).toMatchObject([{ level: 'error', error: { code: 'mailbox.needs-association', fields: { aadsts: 50_173 } } }]);
    const mailbox = await replica.associations.mailbox(id);
    expect(mailbox && (await replica.associations.state(mailbox))).toMatchObject({ state: 'refused', problem: expect.stringMatching(/revoked/) });
    expect(await harness.associate(replica, id, users.revoked)).toMatchObject({ outcome: 'associated' });
    expect(await replica.tokens.accessToken(id)).not.toBe('');
    expect(mailbox && (await replica.associations.state(mailbox))).toMatchObject({ state: 'associated', problem: '' });
    expect(JSON.stringify(replica.logged)).not.toMatch(/s3cret|"token/);
  });

  it.each([
    ['secret-expired', 'mailbox.client-secret-refused', /client secret has expired.*AADSTS7000222/],
    ['two-factor-demanded', 'mailbox.two-factor-demanded', /^The connection to Entra ID failed: it demands two-factor sign-in/],
    ['admin-consent-missing', 'mailbox.needs-association', /No administrator has consented/],
    ['grant-expired', 'mailbox.needs-association', /not used for too long/],
  ] as const)('are refused with their own sentence: %s; the grant is kept, and works when the cause is gone', async (reason, code, sentence) => {
    const { rows } = await harness.superuser.query<{ id: string }>('SELECT id FROM mail_ingest.mailbox WHERE address = $1', [users.broken.address]);
    const id = rows[0]?.id ?? (await associated('broken'));
    await outrun(id);
    const own = harness.replica();
    harness.provider.refuse('office365', reason);
    expect(await problemOf(own.tokens.accessToken(id))).toMatchObject({ code, message: expect.stringMatching(sentence) });
    expect(own.logged).toMatchObject([{ event: 'EntraId connection failed', level: 'error', mailbox: users.broken.address }]);
    harness.provider.refuse('office365', undefined);
    expect(await own.tokens.accessToken(id)).not.toBe('');
    expect(own.logged.at(-1)).toMatchObject({ event: 'mailbox has access again' });
  });

  it('are not given for other settings than those that somebody consented to', async () => {
    const id = await associated('moved');
    await harness.superuser.query(`UPDATE mail_ingest.mailbox SET host = 'imap.evil.example' WHERE id = $1`, [id]);
    expect(await problemOf(replica.tokens.accessToken(id))).toMatchObject({ code: 'mailbox.needs-association', message: expect.stringMatching(/were changed since/) });
  });

  it('are used to their end while the authority is away, which is told with its name', async () => {
    const id = await associated('away');
    const token = await replica.tokens.accessToken(id);
    await harness.superuser.query('UPDATE mail_ingest.association SET access_token_fresh_until = now() WHERE mailbox_id = $1', [id]);
    await harness.provider.stop();
    expect(await replica.tokens.accessToken(id)).toBe(token);
    await outrun(id);
    expect(await problemOf(replica.tokens.accessToken(id))).toMatchObject({ code: 'mailbox.authority-unreachable', message: expect.stringMatching(/^localhost:\d+, which grants access to the mailbox, can't be reached: it refuses connections\.$/) });
    await harness.provider.start();
    expect(await replica.tokens.accessToken(id)).not.toBe(token);
  });
});

describe('access tokens of an application', () => {
  let harness: OAuthHarness;

  beforeAll(async () => {
    harness = await OAuthHarness.start([]);
    return () => harness.stop();
  });

  it('need no association, are got once for all who ask and used until they run out, and anew when the secret changes or a server refuses one', async () => {
    const { tokens, associations } = harness.replica();
    const id = await harness.addMailbox('app@test.example', 'application');
    const [token = ''] = await Promise.all(Array.from({ length: 5 }, () => tokens.accessToken(id)));
    expect([await tokens.accessToken(id), harness.provider.tokenRequests().map(({ grantType }) => grantType)]).toEqual([token, ['client_credentials']]);
    expect(await tokens.accessToken(id, token)).not.toBe(token);
    const mailbox = await associations.mailbox(id);
    expect(mailbox && (await associations.state(mailbox)).state).toBe('not-needed');
    await expect(mailbox && associations.beginInBrowser(mailbox, 'tester', undefined)).rejects.toThrow(/needs no association/);
  });

  it('say that the secret is wrong, and that the tenant is unknown', async () => {
    const { tokens } = harness.replica();
    const id = await harness.addMailbox('wrong@test.example', 'application');
    harness.provider.changeClientSecret('office365', 'another');
    await expect(tokens.accessToken(id)).rejects.toMatchObject({ code: 'mailbox.client-secret-refused', message: expect.stringMatching(/value, not its ID.*AADSTS7000215/) });
    await harness.superuser.query(`UPDATE mail_ingest.mailbox SET tenant_id = 'nowhere.onmicrosoft.test' WHERE id = $1`, [id]);
    await expect(tokens.accessToken(id)).rejects.toMatchObject({ code: 'mailbox.authority-refused', message: expect.stringMatching(/no such tenant.*AADSTS90002/) });
  });
});
