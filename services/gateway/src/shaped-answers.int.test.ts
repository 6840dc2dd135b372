import { randomUUID } from 'node:crypto';
import type { ConnectRouter } from '@connectrpc/connect';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { AccountCardService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { NotificationEventService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import { QueueGroupService, type QueueGroupSettings } from '@inkpost/contracts/admin/v1/queue_groups_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from './gateway.harness.js';
import { ownerAnswers, resetPasswords } from './owner-answers.harness.js';
import { CheckingClient } from './rest.harness.js';

const EVENTS = '/api/v0/notification-events';
const CARDS = '/api/v0/account-cards';
const cardId = randomUUID();
const CARD_NUMBER = '04:A3:7F:12';
const words = { subject: 'Printed: $DOCUMENTS', title: 'Printed', text: 'At $QUEUE.\n\n> Left: $QUEUEQUOTA' };
const heard: unknown[] = [];

const event = (more: object = {}) => ({ event: 'printed', enabled: false, targets: ['$USER'], macros: ['$USER', '$QUEUEQUOTA'], templates: [{ language: 'en', ...words, default: true }], ...more });

/** notification's end of the wire. */
function notification(router: ConnectRouter): void {
  ownerAnswers.notification?.(router);
  const known = (name: string) => {
    if (name !== 'printed') throw notFound('event', name);
  };
  router.service(NotificationEventService, {
    listNotificationEvents: (_, context) => {
      authorize(context, 'configuration.read');
      return { events: [event()] };
    },
    putNotificationEvent: ({ event: name, enabled, targets }, context) => {
      authorize(context, 'configuration.write');
      known(name);
      if (targets.includes('nobody')) throw invalidField('targets', 'must each be a mail address');
      return { event: event({ enabled, targets }) };
    },
    putNotificationTemplate: ({ event: name, template }, context) => {
      authorize(context, 'configuration.write');
      known(name);
      return { event: event({ templates: [{ ...template, default: false }] }) };
    },
    resetNotificationTemplate: ({ event: name, language }) => {
      known(name);
      return { event: event({ templates: [{ language, ...words, default: true }] }) };
    },
    previewNotificationTemplate: ({ event: name, template }) => {
      known(name);
      return { subject: template?.subject || 'As it is kept', text: 'Text', html: '<p>Text</p>' };
    },
    testNotificationTemplate: ({ event: name, language, to }) => {
      known(name);
      return { sent: false, answer: `${language} ${to}: 550 no` };
    },
  });
}

/** guest-account's. */
function guestAccount(router: ConnectRouter): void {
  ownerAnswers['guest-account']?.(router);
  const card = { cardId, directoryId: 'ad', directoryName: 'AD', login: 'ada', cardEnd: '7F12', createdAt: timestampFromDate(new Date('2026-11-25T13:05:00Z')) };
  router.service(AccountCardService, {
    listAccountCards: ({ search, limit, cursor }, context) => {
      authorize(context, 'guests.read');
      heard.push({ search, limit, cursor });
      return { cards: [card], nextCursor: cursor === '' ? 'next' : '' };
    },
    createAccountCard: ({ cardNumber }, context) => {
      authorize(context, 'guests.edit');
      heard.push(cardNumber);
      return { card };
    },
    deleteAccountCard: (request, context) => {
      authorize(context, 'guests.edit');
      if (request.cardId !== cardId) throw notFound('card', request.cardId);
      return {};
    },
  });
}

/** print-submit's: groups are given back as they came. */
function printSubmit(router: ConnectRouter): void {
  ownerAnswers['print-submit']?.(router);
  const echo = (settings: QueueGroupSettings | undefined) => ({ group: { ...(settings ? { settings } : {}), queueIds: ['copier'], version: 2 } });
  router.service(QueueGroupService, { createQueueGroup: ({ settings }) => echo(settings), updateQueueGroup: ({ settings }) => echo(settings) });
}

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({ ...ownerAnswers, notification, 'guest-account': guestAccount, 'print-submit': printSubmit });
  return () => harness.stop();
});
beforeEach(async () => {
  resetPasswords();
  heard.length = 0;
  client = new CheckingClient(harness.http);
  await client.signIn('ada', 'Right-Passw0rd');
});

const auditOf = async (action: string) => (await harness.superuser.query<{ entry: string }>('SELECT e::text AS entry FROM gateway.audit_entry e WHERE e::text LIKE $1', [`%${action}%`])).rows.map(({ entry }) => entry);

describe('events that people are told of', () => {
  it('are listed with their words, set, and set back', async () => {
    expect((await client.call('GET', EVENTS)).body).toEqual({ notificationEvents: [{ ...event(), provenance: 'local' }] });
    expect(await client.call('PUT', `${EVENTS}/printed`, { enabled: true, targets: ['$USER', 'desk@example.org'] })).toMatchObject({ status: 200, body: { enabled: true, targets: ['$USER', 'desk@example.org'] } });
    expect((await client.call('PUT', `${EVENTS}/printed`, { enabled: true })).body).toMatchObject({ targets: ['$USER'] });
    expect((await client.call('PUT', `${EVENTS}/printed/templates/fr`, words)).body).toMatchObject({ templates: [{ language: 'fr', ...words, default: false }] });
    expect((await client.call('DELETE', `${EVENTS}/printed/templates/fr`)).body).toMatchObject({ templates: [{ language: 'fr', default: true }] });
    expect(await auditOf('PUT /api/v0/notification-events/{event}/templates/{language}')).toHaveLength(1);
  });

  it('are shown as a mail, as they are kept or as they would be, and mailed to try', async () => {
    const preview = `${EVENTS}/printed/templates/en/preview`;
    expect((await client.call('POST', preview, {})).body).toEqual({ subject: 'As it is kept', text: 'Text', html: '<p>Text</p>' });
    expect((await client.call('POST', preview, { template: words })).body).toMatchObject({ subject: words.subject });
    expect((await client.call('POST', `${EVENTS}/printed/templates/en/test`, { to: 'me@example.org' })).body).toEqual({ sent: false, answer: 'en me@example.org: 550 no' });
  });

  it.each<[string, 'PUT' | 'POST', string, object, number, string | undefined]>([
    ['an event that is not known', 'PUT', 'other', { enabled: true }, 404, undefined],
    ['another language', 'PUT', 'printed/templates/de', words, 400, 'language'],
    ['no text', 'PUT', 'printed/templates/en', { ...words, text: '' }, 400, 'text'],
    ['a target that the owner refuses', 'PUT', 'printed', { enabled: true, targets: ['nobody'] }, 400, 'targets'],
    ['too many targets', 'PUT', 'printed', { enabled: true, targets: Array.from({ length: 11 }, (_, index) => `${index}@example.org`) }, 400, 'targets'],
  ])('refuse %s', async (_, method, path, body, status, field) => {
    const answer = await client.call(method, `${EVENTS}/${path}`, body);
    expect([answer.status, (answer.body['errors'] as { field: string }[] | undefined)?.[0]?.field]).toEqual([status, field]);
  });

  it('are read, and not changed, with the right to read', async () => {
    await client.signIn('reader', 'Right-Passw0rd');
    expect([(await client.call('GET', EVENTS)).status, (await client.call('PUT', `${EVENTS}/printed`, { enabled: true })).status, (await client.call('GET', CARDS)).status]).toEqual([200, 403, 403]);
  });
});

describe('cards of people of directories', () => {
  it('are listed page by page without their numbers, given and taken away', async () => {
    const card = { cardId, directoryId: 'ad', directoryName: 'AD', login: 'ada', cardEnd: '7F12', createdAt: '2026-11-25T13:05:00.000Z' };
    expect((await client.call('GET', `${CARDS}?search=ad&limit=1`)).body).toEqual({ accountCards: [card], nextCursor: 'next' });
    expect((await client.call('GET', `${CARDS}?cursor=next`)).body).toMatchObject({ nextCursor: null });
    expect(heard[0]).toEqual({ search: 'ad', limit: 1, cursor: '' });
    const created = await client.call('POST', CARDS, { directoryId: 'ad', login: 'ada', cardNumber: CARD_NUMBER });
    expect([created.status, created.headers.get('location'), created.body]).toEqual([201, `${CARDS}/${cardId}`, card]);
    expect(heard.at(-1)).toBe(CARD_NUMBER);
    expect([(await client.call('DELETE', `${CARDS}/${cardId}`)).status, (await client.call('DELETE', `${CARDS}/${randomUUID()}`)).status]).toEqual([204, 404]);
  });

  it('leave their number out of the audit log', async () => {
    expect((await client.call('POST', CARDS, { directoryId: 'ad', login: 'ada', cardNumber: CARD_NUMBER })).status).toBe(201);
    const entries = await auditOf('POST /api/v0/account-cards');
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.join()).not.toContain(CARD_NUMBER);
  });

  it.each([['cardNumber', { directoryId: 'ad', login: 'ada' }], ['login', { directoryId: 'ad', login: '', cardNumber: '1' }], ['directoryId', { directoryId: '', login: 'ada', cardNumber: '1' }]])('are refused without a proper %s', async (field, body) => {
    expect(await client.call('POST', CARDS, body)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  });
});

describe('a group of queues', () => {
  it('is given back with its restrictions and expert settings; what was left out is as usual', async () => {
    const people = { users: [], groups: ['Staff'], directories: [] };
    const created = await client.call('POST', '/api/v0/queue-groups', { groupId: 'room', name: 'Copy room', restrictions: { allowed: people, color: 'monochrome', sizeMaxBytes: 5_000_000_000 }, expert: { patienceHours: 2, followJobs: false } });
    expect(created).toMatchObject({
      status: 201,
      body: {
        queueIds: ['copier'], validation: true, keepHours: 0, redirection: { when: 'never', queueId: null },
        restrictions: { allowed: people, denied: { users: [], groups: [], directories: [] }, hours: [], pagesMax: 0, sizeMaxBytes: 5_000_000_000, color: 'monochrome', message: null },
        expert: { patienceHours: 2, followJobs: false, cutsMax: null, documentFormat: null },
      },
    });
    expect(await client.call('PUT', '/api/v0/queue-groups/room', { name: 'Copy room', expert: { cutsMax: 51 } })).toMatchObject({ status: 400, body: { errors: [{ field: 'expert.cutsMax' }] } });
    expect((await client.call('PUT', '/api/v0/queue-groups/room', { name: 'Copy room', version: 1 })).body).toMatchObject({ restrictions: { color: 'allowed' }, expert: { patienceHours: null } });
  });
});
