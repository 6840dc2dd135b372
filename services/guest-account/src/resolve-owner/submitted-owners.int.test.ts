import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoriesHarness } from '../directories/directories.harness.js';

let desk: DirectoriesHarness;
let ids: { staff: string; other: string };

const published = (messageId: string) => expect.poll(() => desk.outcome(messageId));
const submit = (address: string, userLogin = '', more: { unknownSender?: string } = {}) => desk.base.accept(address, { unknownSender: 'refuse', ...more, submissions: [{ submitter: 'token:crm', userLogin, options: {} }] });

beforeAll(async () => {
  desk = await DirectoriesHarness.start();
  ids = { staff: await desk.add({ name: 'STAFF', kind: 'local', aliases: ['EMPLOYEES'] }), other: await desk.add({ name: 'OTHER', kind: 'local' }) };
  await desk.setMembers(ids.other, ids.staff, 'guests');
  const people = [
    { directoryId: ids.staff, settings: { login: 'ada', displayName: 'Ada of staff', addresses: ['ada@example.org', 'countess@example.org'], language: 'fr', groups: ['engines'] } },
    { directoryId: ids.other, settings: { login: 'ada', displayName: 'Ada elsewhere', addresses: ['ada@elsewhere.example'] } },
    // With the same address, in a directory that is asked first.
    { directoryId: ids.other, settings: { login: 'twin', displayName: 'Twin', addresses: ['ada@example.org'] } },
    { directoryId: ids.staff, settings: { login: 'leaver', displayName: 'Leaver', addresses: ['leaver@example.org'], locked: true } },
  ];
  for (const person of people) await desk.clients.people.createPerson(person);
  await desk.clients.guests.createGuest({ settings: { login: 'visitor', addresses: ['visitor@guest.example'], displayName: 'Visitor' } });
});
afterAll(() => desk?.stop());

describe('the user of a document that a program hands in', () => {
  it.each([['STAFF\\ADA', 'STAFF', 'ada@example.org'], [' employees\\ada ', 'STAFF', 'ada@example.org'], ['Ada', 'OTHER', 'ada@elsewhere.example'], ['visitor', 'guests', 'visitor@guest.example']])(
    'is found by the login %j, in the directory that it names or the first that knows it', async (login, directory, address) => {
      const { messageId, documentId } = await submit('', login);
      await published(messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { mailboxId: 'mailbox', owner: { directory, address }, submissions: [{ submitter: 'token:crm', userLogin: login }] } }]);
      expect(await desk.base.claims(documentId)).toEqual(['print_submit']);
    });

  it('is charged with the groups of the directory', async () => {
    const { messageId } = await submit('', 'STAFF\\ada');
    await published(messageId).toMatchObject([{ payload: { owner: { displayName: 'Ada of staff', language: 'fr' }, ownerGroups: ['engines'] } }]);
  });

  it('is found by address as a sender is', async () => {
    const { messageId } = await submit('countess@example.org');
    await published(messageId).toMatchObject([{ payload: { owner: { directory: 'STAFF', address: 'ada@example.org' }, submissions: [{ submitter: 'token:crm' }] } }]);
  });

  it('becomes a guest only where the program may make one', async () => {
    const refused = await submit('new@guest.example');
    await published(refused.messageId).toEqual([{ subject: 'account.submission-refused.v1', payload: { jobId: refused.documentId, reason: 'no-account', statusText: 'No user found with e-mail address: new@guest.example' } }]);
    expect(await desk.base.claims(refused.documentId)).toEqual([]);
    const created = await submit('new@guest.example', '', { unknownSender: 'create' });
    await published(created.messageId).toMatchObject([{ subject: 'account.owner-resolved.v1', payload: { created: true } }]);
  });

  it.each([
    ['STAFF\\nobody', 'no-account', 'No user with an e-mail address found with login: STAFF\\nobody'], ['NOWHERE\\ada', 'no-account', 'No user with an e-mail address found with login: NOWHERE\\ada'],
    ['maintenance', 'no-account', 'No user with an e-mail address found with login: maintenance'],
    ['leaver', 'account-locked', 'The account of this e-mail address is locked: leaver@example.org'],
  ])('that is none, or may not print, is told to the program alone: %j', async (login, reason, statusText) => {
    const { messageId, documentId } = await submit('', login);
    await published(messageId).toEqual([{ subject: 'account.submission-refused.v1', payload: { jobId: documentId, reason, statusText } }]);
    expect(await desk.base.journey(messageId)).toMatchObject([{ step: 'owner-refused', evidence: { reason, statusText, login } }]);
  });
});
