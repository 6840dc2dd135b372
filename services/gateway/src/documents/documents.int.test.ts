import { randomUUID } from 'node:crypto';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { JobService, type ListJobsRequest } from '@inkpost/contracts/admin/v1/print_pb.js';
import { OwnerSearchService } from '@inkpost/contracts/admin/v1/owner_search_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { GatewayHarness } from '../gateway.harness.js';
import { ownerAnswers, resetPasswords } from '../owner-answers.harness.js';
import { CheckingClient } from '../rest.harness.js';

const HEAD = { sender: 'ada@example.org', subject: 'Please print', mailbox: 'print@example.org', internetMessageId: '<1@example.org>' };
const finishing = { colorMode: 'color', sides: 'one-sided', decidedBy: 'general' };
const asked: ListJobsRequest[] = [];
const given: unknown[] = [];
/** What print-submit's stand-in has. */
let sent: { jobId: string; messageId: string; [field: string]: unknown }[] = [];

/** Of these the other server has not answered; their cursor is how many were shown. */
let unanswered: typeof sent = [];

function unansweredPage({ cursor, limit }: ListJobsRequest) {
  const from = Number(cursor || 0);
  return { jobs: unanswered.slice(from, from + limit), nextCursor: unanswered.length > from + limit ? String(from + limit) : '' };
}

let harness: GatewayHarness;
let client: CheckingClient;

beforeAll(async () => {
  harness = await GatewayHarness.start({
    ...ownerAnswers,
    'print-submit': (router) => {
      router.service(JobService, {
        listJobs: (request) => {
          asked.push(request);
          if (request.answered === false) return unansweredPage(request);
          return { jobs: sent.slice(0, request.limit), nextCursor: sent.length > request.limit ? 'more' : '' };
        },
        reprintJob: ({ jobId, queueId }, context) => ({ job: { ...print(randomUUID()), reprintOf: jobId, queueId, ownerAddress: authorize(context, 'jobs.manage').actor } }),
        changeOwner: ({ jobId, owner }) => {
          given.push({ ...owner });
          return { job: { ...print(randomUUID()), jobId, accountId: owner?.accountId ?? '' } };
        },
      });
    },
    'guest-account': (router) => {
      ownerAnswers['guest-account']?.(router);
      router.service(OwnerSearchService, {
        findOwner: ({ address }) => {
          if (!address.includes('@')) throw invalidField('address', 'must be one e-mail address');
          if (address.startsWith('nobody')) return { outcome: 'nobody', problem: `Nobody has the address ${address}.` };
          if (address.startsWith('later')) return { outcome: 'waiting', problem: 'The directory AD can\'t be asked.' };
          return { outcome: 'found', owner: { accountId: '18', directory: 'AD', address, displayName: 'Grace', language: 'en', groups: ['Staff'] } };
        },
      });
    },
  });
  return () => harness.stop();
});

beforeEach(async () => {
  resetPasswords();
  unanswered = [];
  client = new CheckingClient(harness.http);
  await client.signIn('ada', 'Right-Passw0rd');
  await harness.superuser.query('TRUNCATE journey.message, journey.entry, flow.message');
});

function print(messageId: string, fields: Record<string, unknown> = {}) {
  return { jobId: randomUUID(), messageId, queueId: 'lobby', queueName: 'Lobby', mailboxId: 'first', fileName: 'letter.pdf', jobState: 'completed', finishing, createdAt: timestampFromDate(new Date()), ...fields };
}

/** A mail in its journey, with one document; gives their ids. */
async function mail(...entries: { step: string; evidence?: object; document?: string }[]): Promise<{ messageId: string; documentId: string }> {
  const [messageId, documentId] = [randomUUID(), randomUUID()];
  await harness.superuser.query('SELECT journey.begin_message($1, $2)', [messageId, JSON.stringify(HEAD)]);
  await append(messageId, { step: 'received' }, { step: 'document-extracted', document: documentId, evidence: { fileName: 'letter.pdf' } }, ...entries);
  return { messageId, documentId };
}

async function append(messageId: string, ...entries: object[]): Promise<void> {
  await harness.superuser.query('SELECT journey.append($1, $2)', [messageId, JSON.stringify(entries)]);
}

async function flowMessage(messageId: string, subject: string, fields: { attempts?: number; waits?: number; reason?: string; payload?: object; state?: string } = {}): Promise<string> {
  const { rows } = await harness.superuser.query<{ id: string }>(
    `INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, due_at, attempts, waits, reason, state) VALUES ($1, 'guest_account', 'print_submit', $2, $3, '2030-01-01', $4, $5, $6, $7) RETURNING id`,
    [subject, messageId, JSON.stringify(fields.payload ?? { documents: [{ documentId: randomUUID(), fileName: 'letter.pdf' }] }), fields.attempts ?? 0, fields.waits ?? 0, fields.reason ?? null, fields.state ?? 'open']);
  return rows[0]?.id ?? '';
}

interface Listed {
  readonly id: string;
  readonly messageId: string;
  readonly status: string;
  readonly problem: string | null;
  readonly [field: string]: unknown;
}

async function pending(search = ''): Promise<{ documents: Listed[]; nextCursor: string | null }> {
  const { status, body } = await client.call('GET', `/api/v0/documents/pending${search}`);
  expect(status).toBe(200);
  return body as unknown as { documents: Listed[]; nextCursor: string | null };
}

describe('pending documents', () => {
  it('show what is on its way, with the mail it came with, until the print server has it', async () => {
    const { messageId } = await mail();
    await flowMessage(messageId, 'account.owner-resolved.v1');
    await flowMessage(messageId, 'print.job-held.v1');
    const { documents } = await pending();
    expect(documents).toMatchObject([{ messageId, state: 'under-way', status: 'SendingPrintApi', problem: null, nextTryAt: null, deletable: false, documents: [{ fileName: 'letter.pdf' }], mail: { sender: HEAD.sender, subject: HEAD.subject, mailbox: HEAD.mailbox } }]);
    await harness.superuser.query(`DELETE FROM flow.message WHERE subject LIKE 'account.%'`);
    expect((await pending()).documents).toEqual([]);
  });

  it('show what waits for something outside, and when it is tried again', async () => {
    const { messageId } = await mail();
    await flowMessage(messageId, 'acceptance.message-accepted.v1', { attempts: 1, waits: 2, reason: 'directory.down: The directory AD can\'t be asked.' });
    expect((await pending()).documents).toMatchObject([{ state: 'waiting', status: 'Looking for the owner', problem: 'The directory AD can\'t be asked.', tries: 3, nextTryAt: '2030-01-01T00:00:00.000Z', deletable: false }]);
  });

  it('of the Print API are shown, too', async () => {
    const [messageId, documentId] = [randomUUID(), randomUUID()];
    await flowMessage(messageId, 'submission.document-received.v1', { payload: { document: { documentId, fileName: 'report.pdf' } } });
    expect((await pending()).documents).toMatchObject([{ messageId, documents: [{ documentId, fileName: 'report.pdf' }], mail: null }]);
  });

  it('that another server is to print are shown until its final answer', async () => {
    unanswered = [print(randomUUID(), { jobState: 'pending', jobStateReason: 'location-unknown', problem: 'Unknown location: World/Oz', attempts: 3, nextTryAt: timestampFromDate(new Date('2030-01-01')) })];
    expect((await pending()).documents).toMatchObject([{ state: 'waiting', status: 'SendingPrintApi', problem: 'Unknown location: World/Oz', tries: 3, nextTryAt: '2030-01-01T00:00:00.000Z', documents: [{ fileName: 'letter.pdf' }] }]);
    await client.call('GET', '/api/v0/documents/sent');
    expect(asked.at(-1)?.answered).toBe(true);
  });

  it('are shown also while the print server is away: then it is what they wait for', async () => {
    await flowMessage(randomUUID(), 'account.owner-resolved.v1', { waits: 1, reason: 'It is away.' });
    await harness.stopOwner('print-submit');
    try {
      expect((await pending()).documents).toMatchObject([{ state: 'waiting', status: 'SendingPrintApi', problem: 'It is away.' }]);
    } finally {
      await harness.startOwner('print-submit');
    }
  });

  it('in error bear the exact texts of the list, and name the documents that they are about', async () => {
    const forbidden = `The job was submitted with a forbidden e-mail address: ${HEAD.sender}`;
    const { messageId, documentId } = await mail({ step: 'sender-refused', evidence: { statusText: forbidden } });
    const picture = randomUUID();
    const other = await mail({ step: 'part-refused', document: picture, evidence: { fileName: 'cat.png', statusText: `Job [${picture}] has an invalid/unsupported mime type` } });
    await append(other.messageId, { step: 'message-refused', evidence: { statusText: 'The mail\'s attachment can\'t be printed.', parts: ['x'] } });
    const empty = await mail({ step: 'message-refused', evidence: { statusText: 'The mail has no document to print: attach a PDF.', parts: [] } });
    expect((await pending()).documents).toMatchObject([
      { messageId: empty.messageId, status: 'The mail has no document to print: attach a PDF.' },
      { messageId: other.messageId, status: `Job [${picture}] has an invalid/unsupported mime type`, documents: [{ documentId: picture, fileName: 'cat.png' }] },
      { messageId, state: 'error', status: forbidden, deletable: true, documents: [{ documentId, fileName: 'letter.pdf' }] },
    ]);
  });

  it('that wait for an answer about their sender, or were given up, leave the list when it goes on', async () => {
    const awaited = await mail({ step: 'sender-awaited', evidence: { address: HEAD.sender, policy: 'hold' } });
    const givenUp = await mail({ step: 'gave-up', evidence: { subject: 'account.owner-resolved.v1', attempt: 8, reason: 'x.y: Broken.' } }, { step: 'gave-up', evidence: { subject: 'print.job-held.v1', attempt: 8, reason: 'no mail' } });
    expect((await pending()).documents).toMatchObject([
      { messageId: givenUp.messageId, state: 'error', status: 'Given up after 8 attempts: Broken. An administrator can send it again.', tries: 8 }, { messageId: awaited.messageId, state: 'waiting', deletable: false },
    ]);
    await append(awaited.messageId, { step: 'sender-approved', evidence: {} });
    await append(givenUp.messageId, { step: 'sent-again', evidence: {} });
    expect((await pending()).documents).toEqual([]);
  });

  it('are paged without gaps and without doubles, the latest first, from both sources', async () => {
    for (let index = 0; index < 4; index += 1) {
      await mail({ step: 'sender-refused', evidence: { statusText: `refused ${index}` } });
      await flowMessage(randomUUID(), 'mail.message-received.v1', { reason: `way ${index}`, attempts: 1 });
      unanswered.unshift(print(randomUUID(), { jobState: 'pending', problem: `sent ${index}`, createdAt: timestampFromDate(new Date()) }));
    }
    const seen: string[] = [];
    let cursor = '';
    do {
      const page: { documents: Listed[]; nextCursor: string | null } = await pending(`?limit=3&cursor=${cursor}`);
      expect(page.documents.length).toBeLessThanOrEqual(3);
      seen.push(...page.documents.map(({ status, problem }) => problem ?? status));
      cursor = page.nextCursor ?? '';
    } while (cursor !== '');
    // The jobs' times are of another clock, in milliseconds.
    expect(seen.filter((each) => !each.startsWith('sent'))).toEqual(['way 3', 'refused 3', 'way 2', 'refused 2', 'way 1', 'refused 1', 'way 0', 'refused 0']);
    expect(seen.filter((each) => each.startsWith('sent'))).toEqual(['sent 3', 'sent 2', 'sent 1', 'sent 0']);
    expect((await client.call('GET', '/api/v0/documents/pending?cursor=x')).status).toBe(400);
  });
});

describe('an error', () => {
  it('is deleted once it is confirmed; the journey and the audit log say who did', async () => {
    const { messageId } = await mail({ step: 'sender-refused', evidence: { statusText: 'no' } });
    const [error] = (await pending()).documents;
    const path = `/api/v0/documents/pending/${error?.id ?? ''}`;
    const unconfirmed = await client.call('DELETE', path);
    expect([unconfirmed.status, unconfirmed.body['errors']]).toEqual([400, [{ field: 'confirmed', reason: expect.stringContaining('must be true') as string }]]);
    expect((await client.call('DELETE', `${path}?confirmed=true`)).status).toBe(204);
    expect((await pending()).documents).toEqual([]);
    expect((await client.call('DELETE', `${path}?confirmed=true`)).status).toBe(404);
    const { body } = await client.call('GET', `/api/v0/journey/${messageId}`);
    expect((body['steps'] as { step: string; detail: string }[]).at(-1)).toMatchObject({ step: 'deleted-from-list', detail: 'ada deleted the error from the list of jobs.' });
    const { rows } = await harness.superuser.query('SELECT actor, object_id FROM gateway.audit_entry WHERE action = $1', ['DELETE /api/v0/documents/pending/{id}']);
    expect(rows).toContainEqual({ actor: 'ada', object_id: error?.id });
  });

  it('alone can be deleted: what is under way or waits for somebody stays', async () => {
    const { messageId } = await mail({ step: 'sender-awaited', evidence: { policy: 'hold' } });
    await flowMessage(messageId, 'mail.message-received.v1');
    const { documents } = await pending();
    expect(documents).toHaveLength(2);
    for (const { id } of documents) expect((await client.call('DELETE', `/api/v0/documents/pending/${id}?confirmed=true`)).status).toBe(404);
    expect((await pending()).documents).toHaveLength(2);
  });

  it('of an erased person leaves the list with the name', async () => {
    await mail({ step: 'sender-refused', evidence: { statusText: `forbidden: ${HEAD.sender}` } });
    await harness.superuser.query(`SELECT journey.erase('{}', ARRAY['ada@example.org'], 'erased-1', '{"step":"people-erased"}')`);
    expect((await pending()).documents).toEqual([]);
  });

  it('needs jobs.manage', async () => {
    await client.signIn('reader', 'Right-Passw0rd');
    expect((await client.call('DELETE', '/api/v0/documents/pending/x?confirmed=true')).status).toBe(403);
  });
});

describe('sent documents', () => {
  it('are the 50 latest, each with its mail and what became of it; further ones by paging and filters', async () => {
    const { messageId } = await mail();
    sent = Array.from({ length: 51 }, () => print(messageId));
    const { body } = await client.call('GET', '/api/v0/documents/sent');
    const page = body as unknown as { documents: { status: string }[]; nextCursor: string };
    expect(page.documents).toHaveLength(50);
    expect(page).toMatchObject({ nextCursor: 'more', documents: { 0: { status: 'Printed', mail: { sender: HEAD.sender }, job: { jobId: sent[0]?.jobId, queueName: 'Lobby' } } } });
    await client.call('GET', `/api/v0/documents/sent?mailboxId=first&queueId=lobby&jobState=completed&from=2026-01-01T00:00:00Z&before=2026-02-01T00:00:00Z&cursor=more&limit=2`);
    expect(asked.at(-1)).toMatchObject({ mailboxId: 'first', queueId: 'lobby', jobStates: ['completed'], cursor: 'more', limit: 2, createdFrom: { seconds: 1_767_225_600n }, createdBefore: { seconds: 1_769_904_000n } });
  });

  it('can be printed once more', async () => {
    const jobId = randomUUID();
    const { status, body, headers } = await client.call('POST', `/api/v0/jobs/${jobId}/reprint`, { queueId: 'attic' });
    expect([status, body['reprintOf'], body['queueId'], body['ownerAddress']]).toEqual([201, jobId, 'attic', 'ada']);
    expect(headers.get('location')).toBe(`/api/v0/jobs/${String(body['jobId'])}`);
    expect((await client.call('POST', `/api/v0/jobs/${jobId}/reprint`, {})).status).toBe(201);
  });
});

describe('another owner', () => {
  const change = (address: string) => client.call('POST', `/api/v0/jobs/${randomUUID()}/owner`, { address });

  it('is whom a directory knows by the address', async () => {
    const { status, body } = await change('grace@example.org');
    expect([status, body['accountId']]).toEqual([200, '18']);
    expect(given.at(-1)).toMatchObject({ accountId: '18', directory: 'AD', address: 'grace@example.org', displayName: 'Grace', language: 'en', groups: ['Staff'] });
  });

  it('is nobody else: the field and the reason are named', async () => {
    const count = given.length;
    expect(await change('nobody@example.org')).toMatchObject({ status: 400, body: { detail: 'Nobody has the address nobody@example.org.', errors: [{ field: 'address' }] } });
    expect(await change('later@example.org')).toMatchObject({ status: 503, body: { detail: 'The directory AD can\'t be asked.' } });
    expect(await change('x')).toMatchObject({ status: 400, body: { errors: [{ field: 'address', reason: 'must be one e-mail address' }] } });
    expect(given).toHaveLength(count);
  });
});
