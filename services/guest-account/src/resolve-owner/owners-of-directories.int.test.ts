import { Code } from '@connectrpc/connect';
import { afterAll, beforeAll, expect, it, describe } from 'vitest';
import { describeWithServer } from '@inkpost/testkit/describe-with-server.js';
import { type SlapdServer, startSlapd } from '@inkpost/testkit/slapd-server.js';
import { DirectoriesHarness, ldapOf, refusal } from '../directories/directories.harness.js';

let desk: DirectoriesHarness;

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
});
afterAll(() => desk.stop());

const published = (messageId: string) => expect.poll(() => desk.outcome(messageId), { timeout: 12_000 });
/** What a message to this service waits for. */
const waitsFor = (messageId: string) => expect.poll(() => desk.troubled(messageId), { timeout: 8_000 });

describeWithServer('slapd', 'owners in three organisations', () => {
  let [alpha, beta, gamma]: (SlapdServer | undefined)[] = [];
  let ids: { alpha: string; beta: string; gamma: string };
  const servers = () => {
    if (!alpha || !beta || !gamma) throw new Error('no servers');
    return { alpha, beta, gamma };
  };
  const twin = { name: 'Twin', mail: ['twin@example.org'] };

  beforeAll(async () => {
    [alpha, beta, gamma] = await Promise.all([
      startSlapd({ organisation: { suffix: 'dc=alpha,dc=example', people: [{ uid: 'ada', name: 'Ada Lovelace', mail: ['ada@alpha.example', 'countess@alpha.example'], language: 'fr' }, { uid: 'both', name: 'Both at Alpha', mail: ['both@example.org'] }], groups: { staff: ['ada'] } } }),
      startSlapd({ organisation: { suffix: 'dc=beta,dc=example', people: [{ uid: 'bob', name: 'Bob', mail: ['bob@beta.example'] }, { uid: 'both', name: 'Both at Beta', mail: ['both@example.org'] }, { uid: 'twin1', ...twin }, { uid: 'twin2', ...twin }] } }),
      startSlapd({ organisation: { suffix: 'dc=gamma,dc=example', people: [{ uid: 'carol', name: 'Carol', mail: ['carol@gamma.example'] }, { uid: 'ada', name: 'Ada at Gamma', mail: ['ada@alpha.example'] }] } }),
    ]);
    ids = {
      alpha: await desk.add({ name: 'ALPHA', kind: 'ldap', ldap: ldapOf(servers().alpha, { timeoutMs: 500 }) }),
      beta: await desk.add({ name: 'BETA', kind: 'ldap', ldap: ldapOf(servers().beta) }),
      gamma: await desk.add({ name: 'GAMMA', kind: 'ldap', ldap: ldapOf(servers().gamma, { tls: 'starttls', port: servers().gamma.port }) }),
    };
    await desk.setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
  });
  afterAll(async () => {
    await desk.setMembers('guests');
    for (const id of Object.values(ids)) await desk.remove(id);
    for (const server of [alpha, beta, gamma]) await server?.remove();
  });

  it('are found by an alias, and told their main address, language and directory', async () => {
    const { messageId, documentId } = await desk.base.accept('countess@alpha.example', { unknownSender: 'create', language: 'en' });
    await published(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { owner: { directory: 'ALPHA', address: 'ada@alpha.example', displayName: 'Ada Lovelace', language: 'fr' }, ownerGroups: ['staff'] } }]);
    expect(await desk.base.claims(documentId)).toEqual(['print_submit']);
    expect(await desk.base.journey(messageId)).toMatchObject([{ step: 'owner-found', evidence: { directory: 'ALPHA', login: 'ada', address: 'ada@alpha.example' } }]);
    expect((await desk.clients.guests.listGuests({ filter: { search: 'alpha.example' } })).guests).toEqual([]);
  });

  it('are those of the first directory in META\'s order, whichever it is', async () => {
    const first = await desk.base.accept('both@example.org');
    await published(first.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA', displayName: 'Both at Alpha' } } }]);
    await desk.setMembers('guests', ids.gamma, ids.beta, ids.alpha);
    const second = await desk.base.accept('both@example.org');
    await published(second.messageId).toMatchObject([{ payload: { owner: { directory: 'BETA', displayName: 'Both at Beta' } } }]);
    expect(await desk.base.journey(second.messageId)).toMatchObject([{ evidence: { askedBefore: ['guests', 'GAMMA'] } }]);
    await desk.setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
  });

  it('are guests where no directory knows them, and new ones where creation is allowed', async () => {
    await desk.clients.guests.createGuest({ settings: { addresses: ['known@guest.example'], displayName: 'Known' } });
    const known = await desk.base.accept('known@guest.example');
    await published(known.messageId).toMatchObject([{ payload: { owner: { directory: 'guests', displayName: 'Known' } } }]);
    expect(await desk.base.journey(known.messageId)).toMatchObject([{ evidence: { askedBefore: ['ALPHA', 'BETA', 'GAMMA'] } }]);
    const created = await desk.base.accept('new@guest.example', { unknownSender: 'create' });
    await published(created.messageId).toMatchObject([{ payload: { created: true, owner: { directory: 'guests' } } }]);
    const nobody = await desk.base.accept('nobody@guest.example');
    await published(nobody.messageId).toMatchObject([{ payload: { reason: 'no-account', statusText: 'No user found with e-mail address: nobody@guest.example' } }]);
    expect(await desk.base.journey(nobody.messageId)).toMatchObject([{ evidence: { notIn: ['ALPHA', 'BETA', 'GAMMA', 'guests'] } }]);
  });

  it('are nobody where two people of one directory have the address, also where guests may be made', async () => {
    const { messageId, documentId } = await desk.base.accept('twin@example.org', { unknownSender: 'create' });
    await published(messageId).toMatchObject([{ subject: 'account.owner-refused.v1', payload: { reason: 'account-ambiguous', statusText: 'Several users of the directory BETA have this e-mail address: twin@example.org' } }]);
    expect(await desk.base.journey(messageId)).toMatchObject([{ evidence: { directory: 'BETA', logins: ['twin1', 'twin2'] } }]);
    expect(await desk.base.claims(documentId)).toEqual([]);
  });

  it('are sought in the default directory, and then among the guests', async () => {
    await desk.setDefault(ids.gamma);
    const carol = await desk.base.accept('carol@gamma.example');
    await published(carol.messageId).toMatchObject([{ payload: { owner: { directory: 'GAMMA' } } }]);
    const ada = await desk.base.accept('ada@alpha.example');
    await published(ada.messageId).toMatchObject([{ payload: { owner: { directory: 'GAMMA', displayName: 'Ada at Gamma' } } }]);
    const known = await desk.base.accept('known@guest.example');
    await published(known.messageId).toMatchObject([{ payload: { owner: { directory: 'guests' } } }]);
    const bob = await desk.base.accept('bob@beta.example');
    await published(bob.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    expect(await refusal(desk.remove(ids.gamma))).toMatchObject({ code: Code.FailedPrecondition, message: expect.stringContaining('default directory') });
    await desk.setDefault('meta');
  });

  it('wait while a directory above is down or hangs, whatever those below know, and go on when it is back', async () => {
    const { alpha } = servers();
    alpha.hang();
    const [hanging, unknown] = [await desk.base.accept('bob@beta.example'), await desk.base.accept('stranger@example.org')];
    const said = { state: 'open', attempts: 0, waits: true, reason: expect.stringMatching(/directory\.down: The directory ALPHA can't be asked\. The server .*does not answer in time/) as unknown };
    await waitsFor(hanging.messageId).toEqual(said);
    await waitsFor(unknown.messageId).toEqual(said);
    expect(await desk.base.journey(hanging.messageId)).toMatchObject([{ step: 'waiting', evidence: { reason: expect.stringContaining('The directory ALPHA can\'t be asked') as unknown } }]);
    expect((await desk.clients.directories.getDirectory({ directoryId: ids.alpha })).directory).toMatchObject({ state: 'down', problem: expect.stringContaining('does not answer in time') as unknown });
    alpha.resume();
    await published(hanging.messageId).toMatchObject([{ payload: { owner: { directory: 'BETA' } } }]);
    await published(unknown.messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    expect((await desk.clients.directories.getDirectory({ directoryId: ids.alpha })).directory).toMatchObject({ state: 'answers', problem: '' });
  }, 40_000);

  it('are known from what was kept while the directory is down, until it is changed', async () => {
    const { alpha } = servers();
    await alpha.modify(`dn: uid=late,ou=people,${alpha.suffix}\nchangetype: add\nobjectClass: inetOrgPerson\ncn: Late\nsn: Late\nmail: late@alpha.example\n`);
    const first = await desk.base.accept('late@alpha.example');
    await published(first.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
    await alpha.stop();
    const kept = await desk.base.accept('late@alpha.example');
    await published(kept.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
    await desk.clients.directories.updateDirectory({ directoryId: ids.alpha, settings: { name: 'ALPHA', description: 'changed', kind: 'ldap', ldap: ldapOf(alpha, { timeoutMs: 500 }) } });
    const anew = await desk.base.accept('late@alpha.example');
    await waitsFor(anew.messageId).toMatchObject({ waits: true, reason: expect.stringContaining('refuses connections on this port') as unknown });
    await alpha.start();
    await published(anew.messageId).toMatchObject([{ payload: { owner: { directory: 'ALPHA' } } }]);
  }, 40_000);

  it('are the same to a second replica, and a change reaches it at once', async () => {
    const second = await desk.base.startService();
    await desk.service.stop();
    try {
      const { messageId } = await desk.base.accept('bob@beta.example');
      await published(messageId).toMatchObject([{ payload: { owner: { directory: 'BETA' } } }]);
    } finally {
      await desk.startAgain();
      await desk.setMembers(ids.alpha, ids.gamma, 'guests');
    }
    const mails = await Promise.all(Array.from({ length: 6 }, () => desk.base.accept('bob@beta.example')));
    for (const { messageId } of mails) await published(messageId).toMatchObject([{ payload: { reason: 'no-account' } }]);
    await desk.setMembers(ids.alpha, ids.beta, ids.gamma, 'guests');
    await second.stop();
  });

  describe('the test of a directory', () => {
    it('takes the way step by step, finds somebody, their groups, and proves nothing that isn\'t so', async () => {
      const result = await desk.clients.directories.testDirectory({ directoryId: ids.alpha, address: 'Countess@alpha.example', login: 'ada', password: 'wrong' });
      expect(result.steps.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(['dns passed', 'tcp passed', 'tls passed', 'bind passed', 'people passed', 'address passed', 'login passed', 'password failed']);
      expect(result).toMatchObject({ passed: false, found: { directory: 'ALPHA', login: 'ada', addresses: ['ada@alpha.example', 'countess@alpha.example'], groups: ['staff'] } });
    });

    it('says of META which one answers, and who was asked before', async () => {
      const { steps: [step], found } = await desk.clients.directories.testDirectory({ directoryId: 'meta', address: 'bob@beta.example' });
      expect(step).toMatchObject({ step: 'address', outcome: 'passed', text: 'BETA answers. Bob (bob), bob@beta.example. Asked before, in vain: ALPHA.' });
      expect(found).toMatchObject({ directory: 'BETA', login: 'bob' });
    });

    it('says that an address is ambiguous', async () => {
      const { steps, passed } = await desk.clients.directories.testDirectory({ directoryId: ids.beta, address: 'twin@example.org' });
      expect(passed).toBe(false);
      expect(steps.find(({ step }) => step === 'address')).toMatchObject({ outcome: 'failed', text: expect.stringContaining('Several people are found, twin1, twin2') as unknown });
    });
  });
});
