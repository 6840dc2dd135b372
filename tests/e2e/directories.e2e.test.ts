import { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type SlapdServer, startSlapd } from '@inkpost/testkit/slapd-server.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CODE, type Installation, install, PASSWORD } from './installation.js';

describeWithServer('slapd', 'an employee', () => {
  let inkpost: Installation;
  let client: CheckingClient;
  let server: SlapdServer;
  let directoryId = '';

  beforeAll(async () => {
    [inkpost, server] = await Promise.all([
      install('all'),
      startSlapd({ organisation: { suffix: 'dc=orga,dc=example', people: [{ uid: 'grace', name: 'Grace Hopper', mail: ['grace@example.org'], mailAlternateAddress: ['hopper@example.org'], language: 'fr' }] } }),
    ]);
    client = new CheckingClient(`http://127.0.0.1:${inkpost.ports.http}`);
    expect((await client.signIn('maintenance', PASSWORD)).status).toBe(201);
  });
  afterAll(async () => {
    await inkpost?.remove();
    await server?.remove();
  });

  it('is found in a directory that is added, tested and named in META, over REST', async () => {
    const ldap = {
      host: 'localhost', port: server.securePort, certificateAuthority: server.ca, bindDn: server.serviceDn, password: server.servicePassword, baseDn: server.suffix, peopleFilter: '(objectClass=inetOrgPerson)',
    };
    const added = await client.call('POST', '/api/v0/directories', { name: 'ORGA', kind: 'ldap', ldap });
    expect(added).toMatchObject({ status: 201, body: { kind: 'ldap', passwordStored: true, isDefault: false, state: 'unused' } });
    expect(JSON.stringify(added.body)).not.toContain(server.servicePassword);
    directoryId = String(added.body['directoryId']);
    expect(await client.call('POST', `/api/v0/directories/${directoryId}/test`, { address: 'hopper@example.org' })).toMatchObject({ status: 200, body: { passed: true, found: { directory: 'ORGA', login: 'grace' } } });
    expect(await client.call('PUT', '/api/v0/directories/meta', { name: 'META', kind: 'meta', meta: { members: [directoryId, 'guests'] } })).toMatchObject({ status: 200, body: { isDefault: true } });
    expect(await client.call('POST', '/api/v0/directories', { name: 'orga', kind: 'local' })).toMatchObject({ status: 409 });
    expect(await client.call('POST', '/api/v0/directories', { name: 'B', kind: 'ldap', ldap: { ...ldap, peopleFilter: '(' } })).toMatchObject({ status: 400, body: { errors: [{ field: 'ldap.peopleFilter' }] } });
    expect(await client.call('POST', '/api/v0/directories/meta/test', { address: 'grace@example.org' })).toMatchObject({ body: { found: { directory: 'ORGA' } } });
    const copy = await client.call('POST', `/api/v0/directories/${directoryId}/duplicate`, { name: 'COPY' });
    expect(copy.status).toBe(201);
    expect((await client.call('DELETE', `/api/v0/directories/${String(copy.body['directoryId'])}`)).status).toBe(204);
    expect((await client.call('DELETE', '/api/v0/directories/guests')).status).toBe(409);
  });

  it('may also be in Entra or in a database, whose secrets are taken and never shown', async () => {
    const times = { cacheSeconds: 300, missCacheSeconds: 60, timeoutMs: 5_000 };
    const entra = { tenantId: 'orga.example', clientId: 'client' };
    const sql = { engine: 'mysql', host: 'badges.example.org', port: 3_306, database: 'badges', user: 'inkpost', addressQuery: 'SELECT * FROM badge WHERE mail = :address', identityColumn: 'id', loginColumn: 'login', groupColumn: 'team' };
    const added = [
      await client.call('POST', '/api/v0/directories', { name: 'ENTRA', kind: 'entra', entra: { ...entra, clientSecret: 'hunter2-secret' } }),
      await client.call('POST', '/api/v0/directories', { name: 'BADGES', kind: 'sql', sql: { ...sql, password: 'hunter2-password' } }),
    ];
    expect(added).toMatchObject([
      { status: 201, body: { kind: 'entra', passwordStored: true, state: 'unused', ldap: null, sql: null, entra: { ...entra, ...times, signIn: 'secret', addressProperties: ['mail', 'proxyAddresses', 'userPrincipalName', 'otherMails'], externalUsers: false } } },
      { status: 201, body: { kind: 'sql', passwordStored: true, entra: null, sql: { ...sql, ...times, tls: 'required', addressColumns: ['mail'], lockedColumn: '' } } },
    ]);
    expect(JSON.stringify([added, await client.call('GET', '/api/v0/directories')])).not.toContain('hunter2');
    expect(await client.call('POST', '/api/v0/directories', { name: 'C', kind: 'sql', sql: { ...sql, password: 'x', addressQuery: 'DELETE FROM badge' } })).toMatchObject({ status: 400, body: { errors: [{ field: 'sql.addressQuery' }] } });
    for (const { body } of added) expect((await client.call('DELETE', `/api/v0/directories/${String(body['directoryId'])}`)).status).toBe(204);
  });

  it('prints from another address of theirs, and the code goes to the main one', async () => {
    const { messageId } = await inkpost.mailPdf({ from: 'hopper@example.org' });
    const { steps, answer } = await inkpost.journeyWith(messageId, 'code-mailed');
    expect(steps.find(({ step }) => step === 'owner-found')).toMatchObject({ detail: 'It is printed for grace@example.org, known in the directory ORGA.' });
    expect(answer).toContain('held');
    expect(await inkpost.codeFor('grace@example.org')).toMatch(CODE);
  });

  it('waits while the directory is down, as the journey says, and prints when it is back', async () => {
    await server.stop();
    const { messageId } = await inkpost.mailPdf({ from: 'somebody@example.org' });
    const { answer, messageId: mailId } = await inkpost.journeyWith(messageId, 'waiting');
    expect(answer).toContain('The directory ORGA can\'t be asked.');
    expect((await client.call('GET', '/api/v0/troubled-messages')).body).toMatchObject({ messages: [{ messageId: mailId, attempts: 0, state: 'waiting', reason: expect.stringContaining('The directory ORGA can\'t be asked') as unknown }] });
    expect((await client.call('GET', `/api/v0/directories/${directoryId}`)).body).toMatchObject({ state: 'down' });
    await server.start();
    const { steps } = await inkpost.journeyWith(messageId, 'code-mailed', 40_000);
    expect(steps.map(({ step }) => step)).toContain('owner-created');
  });

  it('may also be in a local directory, from a CSV', async () => {
    const { body } = await client.call('POST', '/api/v0/directories', { name: 'STAFF', kind: 'local' });
    const people = `/api/v0/directories/${String(body['directoryId'])}/people`;
    const csv = 'login,name,addresses\nkatherine,Katherine Johnson,katherine@example.org\n';
    expect(await client.call('POST', `${people}/import`, { csv, dryRun: true })).toMatchObject({ status: 200, body: { imported: false, added: 1 } });
    expect(await client.call('POST', `${people}/import`, { csv })).toMatchObject({ body: { imported: true, lines: [{ line: 2, login: 'katherine', outcome: 'added', problem: null }] } });
    expect(await client.call('POST', `${people}/import`, { csv: 'name\n' })).toMatchObject({ status: 400, body: { errors: [{ field: 'csv' }] } });
    const added = await client.call('POST', people, { login: 'dorothy', addresses: ['dorothy@example.org'] });
    expect(added.status).toBe(201);
    const path = `${people}/${String(added.body['accountId'])}`;
    expect(await client.call('PUT', path, { login: 'dorothy', addresses: ['dorothy@example.org'], version: 1, groups: ['staff'] })).toMatchObject({ status: 200, body: { version: 2, groups: ['staff'] } });
    expect((await client.call('GET', `${people}?search=doro`)).body).toMatchObject({ people: [{ login: 'dorothy' }] });
    expect((await client.call('DELETE', path)).status).toBe(204);
  });

  it('who was a guest is merged by the next mail, and the code that was mailed before still opens everything', async () => {
    const mailed = await inkpost.mailPdf({ from: 'late@example.org' });
    await inkpost.journeyWith(mailed.messageId, 'code-mailed');
    const code = await inkpost.codeFor('late@example.org');
    const { body } = await client.call('POST', '/api/v0/directories', { name: 'HIRED', kind: 'local' });
    const hired = String(body['directoryId']);
    const { body: person } = await client.call('POST', `/api/v0/directories/${hired}/people`, { login: 'late', addresses: ['late@example.org'] });
    await client.call('PUT', '/api/v0/directories/meta', { name: 'META', kind: 'meta', meta: { members: [hired, directoryId, 'guests'] } });
    const again = await inkpost.mailPdf({ from: 'late@example.org' });
    const { steps } = await inkpost.journeyWith(again.messageId, 'held');
    expect(steps.find(({ step }) => step === 'guest-merged')).toMatchObject({ detail: expect.stringContaining('somebody of the directory HIRED now') as unknown });
    const { steps: earlier } = await inkpost.journeyWith(mailed.messageId, 'owner-merged');
    expect(earlier.at(-1)).toMatchObject({ detail: 'It belongs to late@example.org of the directory HIRED now, who was a guest before.' });
    expect((await client.call('GET', '/api/v0/guests?search=late@example.org')).body).toMatchObject({ guests: [] });
    expect((await client.call('GET', `/api/v0/jobs?accountId=${String(person['accountId'])}`)).body).toMatchObject({ jobs: [{ jobState: 'pending-held' }, { jobState: 'pending-held' }] });
    expect((await client.call('POST', '/api/v0/release', { code })).body).toMatchObject({ jobs: [{}, {}] });
    await inkpost.journeyWith(again.messageId, 'printed');
  });

  it('who asks for it is erased, with a proof that names nobody', async () => {
    const { messageId } = await inkpost.mailPdf({ from: 'forgotten@example.org' });
    await inkpost.journeyWith(messageId, 'code-mailed');
    const code = await inkpost.codeFor('forgotten@example.org');
    const { body } = await client.call('GET', '/api/v0/guests?search=forgotten@example.org');
    const accountId = (body['guests'] as { accountId: string }[])[0]?.accountId ?? '';
    const begun = await client.call('POST', `/api/v0/guests/${accountId}/erasure`);
    expect(begun).toMatchObject({ status: 201, body: { about: 'guest', requestedBy: 'maintenance', complete: false } });
    const proof = () => client.call('GET', `/api/v0/erasures/${String(begun.body['erasureId'])}`);
    await expect.poll(async () => (await proof()).body['complete'], { timeout: 15_000 }).toBe(true);
    const { body: complete } = await proof();
    expect(complete).toMatchObject({ waitingFor: [], parts: [
      { service: 'acceptance', counts: { verdicts: 1 } }, { service: 'domain-sync', counts: { names: 0 } }, { service: 'guest-account', counts: { accounts: 1 } }, { service: 'journey', counts: { journeys: 1 } },
      { service: 'mail-ingest', counts: { mails: 1 } }, { service: 'notification', counts: { contacts: 1, mails: 1 } }, { service: 'print-submit', counts: { jobs: 1, canceled: 1 } },
    ] });
    expect(JSON.stringify(complete)).not.toMatch(/forgotten|@/);
    expect((await client.call('POST', '/api/v0/erasures/search', { address: 'Forgotten@example.org' })).body).toEqual({ erasures: [complete] });
    expect((await client.call('POST', '/api/v0/erasures/search', { address: 'grace@example.org' })).body).toEqual({ erasures: [] });
    expect(await client.call('POST', '/api/v0/release', { code })).toMatchObject({ status: 422 });
    expect((await client.call('GET', '/api/v0/journey?sender=forgotten@example.org')).body).toMatchObject({ messages: [] });
    const { body: journeys } = await client.call('GET', `/api/v0/journey?sender=erased-${String(begun.body['erasureId'])}`);
    expect(journeys).toMatchObject({ messages: [{ subject: '', answer: 'Not printed: a document (owner-erased).' }] });
    expect(JSON.stringify(journeys)).not.toContain('forgotten');
    const { body: added } = await client.call('POST', '/api/v0/guests', { addresses: ['forgotten@example.org'] });
    expect((await client.call('GET', `/api/v0/audit?objectId=${String(added['accountId'])}`)).body).toMatchObject({ entries: [{ action: 'POST /api/v0/guests', outcome: 'done' }] });
    await client.call('DELETE', `/api/v0/guests/${String(added['accountId'])}`);
    expect((await client.call('POST', '/api/v0/erasures/search', { address: 'forgotten@example.org' })).body).toMatchObject({ erasures: [{ about: 'guest' }, complete] });
    for (const path of ['/api/v0/jobs', '/api/v0/guests', '/api/v0/troubled-messages', '/api/v0/audit']) expect(JSON.stringify((await client.call('GET', path)).body), path).not.toContain('forgotten@');
  });
});
