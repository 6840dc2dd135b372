import { once } from 'node:events';
import { Code, ConnectError, type ConnectRouter } from '@connectrpc/connect';
import { timestampDate, timestampFromDate } from '@bufbuild/protobuf/wkt';
import { CanaryService, MailboxTestService, type StartTraceRequest, type TestMailboxRequest, TraceService } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ownerAnswers, passwords, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

const at = timestampFromDate(new Date('2026-01-01T12:00:00Z'));
const steps = [{ step: 'dns', outcome: 'passed', durationMs: 3, text: 'mail.example.org is 192.0.2.5.' }, { step: 'tcp', outcome: 'failed', durationMs: 8_000, text: 'No answer within 8 seconds.' }, { step: 'tls', outcome: 'not-run', durationMs: 0, text: '' }];

/** What reached mail-ingest. */
const tested: TestMailboxRequest[] = [];
const traced: StartTraceRequest[] = [];
const hungUp = Promise.withResolvers<void>();
const begun = Promise.withResolvers<void>();

/** mail-ingest's end of the wire: enough for the gateway to show what it makes of each answer. */
function mailIngest(router: ConnectRouter): void {
  router.service(MailboxTestService, {
    testMailbox: async (request, context) => {
      authorize(context, 'configuration.write');
      tested.push(request);
      if (request.mailboxId === 'busy') throw new ConnectError('At most 10 tests a minute: wait a little.', Code.ResourceExhausted);
      if (request.mailboxId === 'silent') {
        begun.resolve();
        await once(context.signal, 'abort');
        hungUp.resolve();
      }
      return { passed: false, steps };
    },
  });
  router.service(CanaryService, {
    sendCanary: (_request, context) => {
      authorize(context, 'configuration.write');
      return { canary: { canaryId: 'c1', state: 'sending', text: 'It is being handed to the outgoing mail server.', requestedBy: 'ada', requestedAt: at } };
    },
    getCanaries: ({ mailboxId }, context) => {
      authorize(context, 'configuration.read');
      return { everyMinutes: mailboxId === 'scheduled' ? 15 : 0, canaries: [{ canaryId: 'c1', state: 'arrived', text: 'It came in after 1.3 seconds.', requestedAt: at, mailedAt: at, receivedAt: at, latencyMs: 0 }] };
    },
    scheduleCanary: ({ everyMinutes }, context) => {
      authorize(context, 'configuration.write');
      return { everyMinutes };
    },
  });
  router.service(TraceService, {
    startTrace: (request, context) => {
      traced.push(request);
      return { trace: { active: true, startedAt: at, until: request.until ?? at, startedBy: authorize(context, 'diagnostics').actor, sizeBytes: 0 } };
    },
    stopTrace: () => ({ trace: { active: false, startedAt: at, until: at, startedBy: 'ada', sizeBytes: 12 } }),
    getTrace: () => ({ trace: {} }),
    readTraceLog: () => ({ log: '2026-01-01T12:00:00.000Z S: * OK "ready" <é>\n' }),
  });
}

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({ ...ownerAnswers, 'mail-ingest': mailIngest });
});
afterAll(() => harness.stop());
beforeEach(async () => {
  resetPasswords();
  client = new CheckingClient(harness.http);
  await client.signIn('ada', passwords.get('ada') ?? '');
});

const settings = { address: 'print@example.org', kind: 'imap', queueId: 'lobby', imap: { host: 'mail.example.org' } };

describe('a test of a mailbox over REST', () => {
  it('says step by step what works', async () => {
    const { status, body } = await client.call('POST', '/api/v0/mailboxes/first/test');
    expect({ status, body }).toEqual({ status: 200, body: { passed: false, steps: [steps[0], steps[1], { ...steps[2], text: null }] } });
    expect(tested.at(-1)).toMatchObject({ mailboxId: 'first' });
    expect(tested.at(-1)?.settings).toBeUndefined();
    expect((await client.call('POST', '/api/v0/mailboxes/busy/test')).status).toBe(429);
  });

  it('takes settings that are not saved, of a new mailbox or of one that is there', async () => {
    expect((await client.call('POST', '/api/v0/mailboxes/test', { settings })).status).toBe(200);
    expect(tested.at(-1)).toMatchObject({ mailboxId: '', settings: { address: 'print@example.org', imap: { host: 'mail.example.org', port: 993, tls: 'implicit' } } });
    expect((await client.call('POST', '/api/v0/mailboxes/test', { mailboxId: 'first', settings })).status).toBe(200);
    expect(tested.at(-1)).toMatchObject({ mailboxId: 'first', settings: { kind: 'imap' } });
    const { status, body } = await client.call('POST', '/api/v0/mailboxes/test', { settings: { ...settings, imap: { host: 'mail.example.org', port: 0 } } });
    expect([status, body['errors']]).toEqual([400, [{ field: 'settings.imap.port', reason: 'must be at least 1' }]]);
  });

  it('ends with its client', async () => {
    const leaving = new AbortController();
    const call = fetch(new URL('/api/v0/mailboxes/silent/test', harness.http), { method: 'POST', headers: { authorization: `Bearer ${client.token}` }, signal: leaving.signal });
    await begun.promise;
    leaving.abort();
    await expect(call).rejects.toThrow('aborted');
    await hungUp.promise;
  });
});

describe('canaries over REST', () => {
  it('are sent, shown and scheduled', async () => {
    const sent = await client.call('POST', '/api/v0/mailboxes/first/canary');
    expect(sent).toMatchObject({ status: 201, body: { canaryId: 'c1', state: 'sending', requestedBy: 'ada', mailedAt: null, receivedAt: null, latencyMs: null } });
    const shown = await client.call('GET', '/api/v0/mailboxes/first/canary');
    expect(shown.body).toEqual({ everyMinutes: null, canaries: [{ canaryId: 'c1', state: 'arrived', text: 'It came in after 1.3 seconds.', requestedBy: null, requestedAt: '2026-01-01T12:00:00.000Z', mailedAt: '2026-01-01T12:00:00.000Z', receivedAt: '2026-01-01T12:00:00.000Z', latencyMs: 0 }] });
    expect((await client.call('GET', '/api/v0/mailboxes/scheduled/canary')).body).toMatchObject({ everyMinutes: 15 });
    expect((await client.call('PUT', '/api/v0/mailboxes/first/canary', { everyMinutes: 10 })).body).toEqual({ everyMinutes: 10 });
    expect((await client.call('PUT', '/api/v0/mailboxes/first/canary', { everyMinutes: null })).body).toEqual({ everyMinutes: null });
    for (const everyMinutes of [0, 4, 1_441, 'often', undefined]) expect((await client.call('PUT', '/api/v0/mailboxes/first/canary', { everyMinutes })).status).toBe(400);
  });
});

describe('traces over REST', () => {
  it('begin for so many minutes, until a time, or for the usual time', async () => {
    const minutes = await client.call('PUT', '/api/v0/mailboxes/first/trace', { minutes: 10 });
    expect(minutes).toMatchObject({ status: 200, body: { active: true, startedBy: 'ada' } });
    const until = traced.at(-1)?.until;
    expect(Math.abs((until ? timestampDate(until).getTime() : 0) - Date.now() - 600_000)).toBeLessThan(10_000);
    expect((await client.call('PUT', '/api/v0/mailboxes/first/trace', { until: '2026-01-01T12:00:00Z' })).body).toMatchObject({ until: '2026-01-01T12:00:00.000Z' });
    await client.call('PUT', '/api/v0/mailboxes/first/trace', {});
    expect(traced.at(-1)?.until).toBeUndefined();
    for (const wish of [{ minutes: 10, until: '2026-01-01T12:00:00Z' }, { minutes: 0 }, { minutes: 1_441 }, { until: 'soon' }, { hours: 1 }]) expect((await client.call('PUT', '/api/v0/mailboxes/first/trace', wish)).status).toBe(400);
  });

  it('are shown, ended, and read as text', async () => {
    expect((await client.call('GET', '/api/v0/mailboxes/first/trace')).body).toEqual({ active: false, startedAt: null, until: null, startedBy: null, sizeBytes: 0 });
    expect(await client.call('DELETE', '/api/v0/mailboxes/first/trace')).toMatchObject({ status: 200, body: { active: false, sizeBytes: 12 } });
    const { status, headers, body } = await client.call('GET', '/api/v0/mailboxes/first/trace/log');
    expect([status, headers.get('content-type'), body['text']]).toEqual([200, 'text/plain; charset=utf-8', '2026-01-01T12:00:00.000Z S: * OK "ready" <é>\n']);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('are for whoever may diagnose', async () => {
    const reader = new CheckingClient(harness.http);
    await reader.signIn('reader', passwords.get('reader') ?? '');
    for (const [method, path] of [['GET', 'trace'], ['PUT', 'trace'], ['DELETE', 'trace'], ['GET', 'trace/log'], ['POST', 'test'], ['POST', 'canary'], ['PUT', 'canary']] as const) {
      expect([path, (await reader.call(method, `/api/v0/mailboxes/first/${path}`)).status]).toEqual([path, 403]);
    }
    expect((await reader.call('GET', '/api/v0/mailboxes/first/canary')).status).toBe(200);
  });
});
