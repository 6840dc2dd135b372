import { randomUUID } from 'node:crypto';
import type { ConnectRouter } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AcceptanceService } from '@inkpost/contracts/admin/v1/acceptance_pb.js';
import { ConfirmationService, OwnerPreviewService, type PreviewOwnerRequest, WaitingSenderService } from '@inkpost/contracts/admin/v1/waiting_senders_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ownerAnswers, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

const until = timestampFromDate(new Date('2026-11-25T13:05:00Z'));
const waitingId = randomUUID();
const PROOF = 'very-secret-proof';
const answers: { readonly waitingId: string; readonly approve: boolean; readonly actor: string }[] = [];
const previews: PreviewOwnerRequest[] = [];
let asked: 'sender' | 'sponsor' = 'sender';
let state = 'waiting';

/** guest-account's end of the wire: enough for the gateway to show what it makes of each answer. */
function unknownSenders(router: ConnectRouter): void {
  const confirmation = (proof: string) =>
    proof === PROOF ? { state, asked, address: 'ada@example.org', displayName: 'Ada <b>', waitsUntil: until, subjects: ['Plan & "more"'], documents: 2 } : { state: 'unknown' };
  router.service(ConfirmationService, {
    showConfirmation: ({ proof }, context) => {
      callerOf(context);
      return { confirmation: confirmation(proof) };
    },
    answerConfirmation: (request, context) => {
      const { actor } = callerOf(context);
      if (request.proof === PROOF) answers.push({ waitingId: request.waitingId, approve: request.approve, actor });
      if (request.proof === PROOF) state = request.approve ? 'approved' : 'rejected';
      return { confirmation: confirmation(request.proof) };
    },
  });
  router.service(WaitingSenderService, {
    listWaitingSenders: ({ limit, cursor }, context) => {
      authorize(context, 'guests.read');
      const message = { messageId: 'mail', mailboxId: String(limit), subject: cursor, fileNames: ['plan.pdf'], waitsSince: until };
      return { senders: [{ waitingId, address: 'ada@example.org', displayName: 'Ada', policy: 'sponsor', sponsors: ['grace@example.org'], waitsSince: until, waitsUntil: until, messages: [message] }], nextCursor: 'next' };
    },
    answerWaitingSender: (request, context) => {
      const { actor } = authorize(context, 'guests.add');
      if (request.waitingId !== waitingId) throw notFound('waiting sender', request.waitingId);
      answers.push({ waitingId: request.waitingId, approve: request.approve, actor });
      return { address: 'ada@example.org', messages: 3 };
    },
  });
  router.service(OwnerPreviewService, {
    previewOwner: (request, context) => {
      authorize(context, 'configuration.read');
      previews.push(request);
      return { outcome: 'sponsor', report: ['Nobody has the address.'] };
    },
  });
}

function acceptance(router: ConnectRouter): void {
  router.service(AcceptanceService, {
    testAddress: ({ address }) => (address === 'eve@example.org'
      ? { accepted: false, rule: 'refused address eve@example.org', unknownSender: 'refuse', decidedBy: 'general', statusText: 'no', report: ['Refused.'] }
      : { accepted: true, rule: 'accepted domain example.org', unknownSender: 'sponsor', sponsors: ['grace@example.org'], decidedBy: 'general', report: ['Accepted.'] }),
  });
}

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({
    ...ownerAnswers, acceptance,
    'guest-account': (router) => {
      ownerAnswers['guest-account']?.(router);
      unknownSenders(router);
    },
  });
});
beforeEach(async () => {
  resetPasswords();
  [asked, state] = ['sender', 'waiting'];
  client = new CheckingClient(harness.http);
});
afterAll(() => harness.stop());

describe('the page behind a link', () => {
  const browser = { accept: 'text/html,application/xhtml+xml', 'accept-language': 'fr-FR,fr;q=0.9,en;q=0.8' };
  const path = `/confirm/${waitingId}/${PROOF}`;

  it('asks in the browser\'s language, with what it is about as text, and changes nothing however often it is opened', async () => {
    for (let opened = 0; opened < 3; opened += 1) expect((await client.call('GET', path, undefined, browser)).status).toBe(200);
    const { headers, body } = await client.call('GET', path, undefined, browser);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(body['text']).toContain('<h1>Avez-vous envoyé ces documents\u00a0?</h1>');
    expect(body['text']).toContain('Ada &lt;b&gt; &lt;ada@example.org&gt;');
    expect(body['text']).toContain('Plan &amp; &quot;more&quot;');
    expect(body['text']).toContain(`<form method="post" action="${PROOF}/approve">`);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[^;]+; base-uri 'none'; frame-ancestors 'none'; form-action 'self'$/);
    expect([headers.get('cache-control'), headers.get('referrer-policy')]).toEqual(['no-store', 'no-referrer']);
    asked = 'sponsor';
    expect((await client.call('GET', path, undefined, { accept: 'text/html' })).body['text']).toContain('<h1>Do you vouch for ada@example.org?</h1>');
    expect(answers).toEqual([]);
  });

  it('takes the answer as browsers send it, says what came of it, and asks no more', async () => {
    const form = { ...browser, 'accept-language': 'en', 'content-type': 'application/x-www-form-urlencoded', origin: 'null', 'sec-fetch-site': 'same-origin' };
    const answered = await client.call('POST', `${path}/approve`, '', form);
    expect([answered.status, answered.body['text']]).toEqual([200, expect.stringContaining('<h1>Thank you, it is confirmed</h1>')]);
    expect(answered.body['text']).not.toContain('<form');
    expect(answers.splice(0)).toEqual([{ waitingId, approve: true, actor: 'anonymous' }]);
    expect((await client.call('GET', path, undefined, browser)).body['text']).toContain('<h1>Merci, c’est confirmé</h1>');
    expect((await client.call('POST', `${path}/reject`, '', form)).body['text']).toContain('<h1>Nothing is printed</h1>');
    expect(answers.splice(0)).toMatchObject([{ approve: false }]);
  });

  it.each([['approved', 'sponsor', 'ada@example.org may print'], ['rejected', 'sponsor', 'ada@example.org was not let in'], ['expired', 'sender', 'This link has run out']] as const)('says of one that is %s, to a %s: %s', async (now, who, title) => {
    [state, asked] = [now, who];
    const { body } = await client.call('GET', path, undefined, { accept: 'text/html' });
    expect(body['text']).toContain(`<h1>${title}</h1>`);
    expect(body['text']).not.toContain('<form');
  });

  it('is one too for a link that nobody mailed, and a problem for a program', async () => {
    const page = await client.call('GET', `/confirm/${waitingId}/cut-off`, undefined, browser);
    expect([page.status, page.body['text']]).toEqual([404, expect.stringContaining('<h1>Ce lien est inconnu</h1>')]);
    expect((await client.call('POST', `/confirm/${waitingId}/cut-off/approve`, undefined, { accept: '*/*' })).body).toMatchObject({ status: 404, detail: 'There is no such link; open it from the mail, in full.' });
    expect((await client.call('POST', `${path}/perhaps`, '', browser)).status).toBe(400);
    expect((await client.call('GET', `/confirm/${waitingId}/${'x'.repeat(65)}`, undefined, browser)).status).toBe(400);
    expect(answers).toEqual([]);
  });

  it('stands in the audit log when it is answered, without what lets somebody answer', async () => {
    await client.call('POST', `${path}/approve`, '', browser);
    const { rows } = await harness.superuser.query<{ action: string; object_id: string; text: string }>("SELECT action, object_id, e::text AS text FROM gateway.audit_entry e WHERE action LIKE '%/confirm/%' ORDER BY at DESC LIMIT 1");
    expect(rows).toMatchObject([{ action: 'POST /confirm/{waitingId}/{proof}/{decision}', object_id: waitingId }]);
    expect(rows[0]?.text).not.toContain(PROOF);
    answers.splice(0);
  });

  it('says that it did not work while guest-account is away', async () => {
    await harness.stopOwner('guest-account');
    const { status, body } = await client.call('GET', path, undefined, browser);
    expect([status, body['text']]).toEqual([503, expect.stringContaining('<h1>Cela n’a pas fonctionné</h1>')]);
    await harness.startOwner('guest-account');
  });
});

describe('waiting senders', () => {
  it('are listed, let in and refused over REST, by who may add guests', async () => {
    await client.signIn('ada', 'Right-Passw0rd');
    expect((await client.call('GET', '/api/v0/waiting-senders?limit=7&cursor=c')).body).toEqual({
      nextCursor: 'next',
      waitingSenders: [{
        waitingId, address: 'ada@example.org', displayName: 'Ada', policy: 'sponsor', sponsors: ['grace@example.org'], waitsSince: '2026-11-25T13:05:00.000Z', waitsUntil: '2026-11-25T13:05:00.000Z',
        messages: [{ messageId: 'mail', mailboxId: '7', subject: 'c', fileNames: ['plan.pdf'], waitsSince: '2026-11-25T13:05:00.000Z' }],
      }],
    });
    expect((await client.call('POST', `/api/v0/waiting-senders/${waitingId}/approve`)).body).toEqual({ address: 'ada@example.org', messages: 3 });
    expect((await client.call('POST', `/api/v0/waiting-senders/${waitingId}/reject`)).status).toBe(200);
    expect(answers.splice(0)).toEqual([{ waitingId, approve: true, actor: 'ada' }, { waitingId, approve: false, actor: 'ada' }]);
    expect((await client.call('POST', '/api/v0/waiting-senders/nobody/approve')).status).toBe(404);
    await client.signIn('reader', 'Right-Passw0rd');
    expect((await client.call('POST', `/api/v0/waiting-senders/${waitingId}/approve`)).status).toBe(403);
    expect(answers).toEqual([]);
  });
});

describe('a test of an e-mail', () => {
  const test = async (address: string) => (await client.call('POST', '/api/v0/acceptance-conditions/test', { address })).body;

  it('goes on to the directories once the sender is accepted, and only then', async () => {
    await client.signIn('ada', 'Right-Passw0rd');
    expect(await test('ada@example.org')).toMatchObject({
      accepted: true, unknownSender: 'sponsor', report: ['Accepted.', 'Nobody has the address.'],
      owner: { outcome: 'sponsor', directory: null, accountId: null, displayName: null, statusText: null },
    });
    expect(previews.splice(0)).toMatchObject([{ address: 'ada@example.org', unknownSender: 'sponsor', sponsors: ['grace@example.org'] }]);
    expect(await test('eve@example.org')).toMatchObject({ accepted: false, owner: null, report: ['Refused.'] });
    expect(previews).toEqual([]);
  });

  it('still tells of the rules while guest-account is away', async () => {
    await client.signIn('ada', 'Right-Passw0rd');
    await harness.stopOwner('guest-account');
    expect(await test('ada@example.org')).toMatchObject({ accepted: true, owner: null, report: ['Accepted.', expect.stringContaining('The service guest-account does not answer')] });
    await harness.startOwner('guest-account');
  });
});
