import { randomBytes, randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Client } from '@connectrpc/connect';
import { type SubmissionFactsSchema, SubmissionService, type SubmitDocumentRequestSchema } from '@inkpost/contracts/admin/v1/print_api_pb.js';
import { decodePayload, type Payload } from '@inkpost/flow/payload.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SUBMISSIONS_AT_ONCE_MAX } from '../limits.js';
import { MailIngestHarness, type Replica } from '../mail-ingest.harness.js';

type Part = MessageInitShape<typeof SubmitDocumentRequestSchema>;
type Facts = MessageInitShape<typeof SubmissionFactsSchema>;

const pdf = samplePdf({ sizeBytes: 300_000 });
const ada = { case: 'userAddress', value: 'Ada@Example.org' } as const;

let harness: MailIngestHarness;
let replica: Replica;
let client: Client<typeof SubmissionService>;

beforeAll(async () => {
  harness = await MailIngestHarness.start();
  replica = await harness.startReplica();
  client = replica.clientOf(SubmissionService, 'print-on-behalf');
});

afterAll(() => harness?.stop());

async function* parts(facts: Facts, bytes: Buffer, end: 'whole' | 'cut' | 'longer' = 'whole'): AsyncGenerator<Part> {
  yield { part: { case: 'facts', value: { queueId: 'lobby', user: ada, ...facts } } };
  for (let at = 0; at < bytes.length; at += 60_000) yield { part: { case: 'piece', value: bytes.subarray(at, at + 60_000) } };
  if (end !== 'cut') yield { part: { case: 'sizeBytes', value: BigInt(bytes.length + (end === 'longer' ? 1 : 0)) } };
}

const submit = (facts: Facts = {}, bytes: Buffer = pdf, by = client) => by.submitDocument(parts(facts, bytes));

async function published(): Promise<Payload<'submission.document-received.v1'>[]> {
  const { rows } = await harness.superuser.query<{ payload: never }>("SELECT payload FROM flow.message WHERE subject = 'submission.document-received.v1' ORDER BY created_at");
  return rows.map(({ payload }) => decodePayload('submission.document-received.v1', payload));
}

describe('a document that a program hands in', () => {
  it('is sealed, recorded with its journey, and handed to the examination', async () => {
    const { outcome, submission } = await submit({ title: '../Réport*.pdf', language: 'fr', options: { colorMode: 'monochrome', copies: 2 }, user: { case: 'userLogin', value: ' AD\\ada ' } });
    expect(outcome).toBe('taken');
    const { jobId = '', messageId = '' } = submission ?? {};
    expect((await published()).at(-1)).toMatchObject({
      messageId, queueId: 'lobby', sender: { address: '' }, language: 'fr', unknownUser: 'refuse', submission: { submitter: 'tester', userLogin: 'AD\\ada', options: { colorMode: 'monochrome', copies: 2 } },
      documents: [{ documentId: jobId, fileName: 'Réport_.pdf', documentFormat: 'application/pdf', sizeBytes: pdf.length }],
    });
    expect((await harness.documentBytes(jobId)).equals(pdf)).toBe(true);
    expect(await harness.journey(messageId)).toMatchObject([{ step: 'submitted', document_id: jobId, evidence: { submitter: 'tester', login: 'AD\\ada', fileName: 'Réport_.pdf', options: { colorMode: 'monochrome', copies: 2 } } }]);
    expect((await client.listSubmissions({ jobIds: [jobId, randomUUID(), 'nonsense'] })).submissions).toMatchObject([{ jobId, queueId: 'lobby', refusedReason: '' }]);
  });

  it('is known to nobody else, who may use the same key', async () => {
    const other = replica.clientAs('other', SubmissionService);
    await expect(submit({}, pdf, other)).rejects.toThrow('print-on-behalf');
    const { submission } = await submit({ idempotencyKey: 'mine' });
    const stranger = replica.clientAs('stranger', SubmissionService, 'print-on-behalf');
    expect((await stranger.listSubmissions({ jobIds: [submission?.jobId ?? ''] })).submissions).toEqual([]);
    expect((await submit({ idempotencyKey: 'mine' }, pdf, stranger)).outcome).toBe('taken');
  });

  it('is taken in once, however often it comes with its key, also at the same time', async () => {
    const [before, files] = [(await published()).length, (await harness.spoolFiles()).length];
    const answers = await Promise.all(Array.from({ length: 6 }, () => submit({ idempotencyKey: 'again' })));
    answers.push(await submit({ idempotencyKey: 'again' }));
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['taken', ...Array.from({ length: 6 }, () => 'taken-before')]);
    expect(new Set(answers.map(({ submission }) => submission?.jobId)).size).toBe(1);
    expect([(await published()).length, (await harness.spoolFiles()).length]).toEqual([before + 1, files + 1]);
    expect((await client.listSubmissions({ idempotencyKey: 'again' })).submissions).toMatchObject([{ jobId: answers[0]?.submission?.jobId, idempotencyKey: 'again' }]);
  });

  it('is refused with the key of another one, or of the same for somebody else, or to look otherwise', async () => {
    const before = (await published()).length;
    await submit({ idempotencyKey: 'key' });
    for (const [facts, bytes] of [[{}, samplePdf({ sizeBytes: 5_000 })], [{ user: { case: 'userAddress', value: 'bob@example.org' } }, pdf], [{ options: { copies: 3 } }, pdf]] as const) {
      expect(await submit({ ...facts, idempotencyKey: 'key' }, bytes)).toMatchObject({ outcome: 'key-reused' });
    }
    expect((await published()).length).toBe(before + 1);
  });

  it('leaves nothing where it is no PDF, breaks off, or is not as long as was said', async () => {
    const [before, files] = [(await published()).length, (await harness.spoolFiles()).length];
    expect((await submit({}, randomBytes(3_000_000))).outcome).toBe('not-a-pdf');
    expect((await submit({}, Buffer.alloc(0))).outcome).toBe('not-a-pdf');
    await expect(client.submitDocument(parts({}, pdf, 'cut'))).rejects.toThrow('broke off');
    await expect(client.submitDocument(parts({}, pdf, 'longer'))).rejects.toThrow('not as long');
    expect([(await published()).length, await harness.spoolFiles()]).toEqual([before, expect.objectContaining({ length: files })]);
  });

  it('leaves nothing where its sender hangs up', async () => {
    const files = (await harness.spoolFiles()).length;
    const leaving = new AbortController();
    const hangingUp = async function* (): AsyncGenerator<Part> {
      for await (const part of parts({}, pdf, 'cut')) yield part;
      await expect.poll(async () => (await harness.spoolFiles()).length).toBe(files + 1);
      leaving.abort();
      await new Promise(() => undefined);
    };
    await expect(client.submitDocument(hangingUp(), { signal: leaving.signal })).rejects.toThrow();
    await expect.poll(async () => (await harness.spoolFiles()).length).toBe(files);
  });

  it.each([
    [{ user: { case: 'userAddress', value: 'nobody' } }, 'user.address'],
    [{ user: { case: 'userLogin', value: ' ' } }, 'user.login'],
    [{ queueId: '' }, 'target.queueId'],
    [{ language: 'de' }, 'language'],
    [{ user: { case: 'userLogin', value: 'ada' }, createGuest: true }, 'user.create'],
    [{ title: 'x'.repeat(151) }, 'title'],
    [{ idempotencyKey: 'x'.repeat(201) }, 'Idempotency-Key'],
  ] as const)('is refused where %j is no good', async (facts, field) => {
    await expect(submit(facts)).rejects.toThrow(`${field}: `);
  });

  it('lets a guest be made of its user only by whoever may add guests', async () => {
    await expect(submit({ createGuest: true })).rejects.toThrow('guests.add');
    expect((await submit({ createGuest: true }, pdf, replica.clientOf(SubmissionService, 'print-on-behalf', 'guests.add'))).outcome).toBe('taken');
    expect((await published()).at(-1)).toMatchObject({ sender: { address: 'ada@example.org' }, unknownUser: 'create' });
  });

  it('tells why no job is made of it; after the erasure of its user no longer in words', async () => {
    const { submission } = await submit();
    const { jobId = '', messageId = '' } = submission ?? {};
    const refusal = { jobId, reason: 'no-account', statusText: 'No user found with e-mail address: ada@example.org' };
    await (await harness.flowOf('guest-account')).publish({ journeyId: messageId, entries: [], publish: [{ subject: 'account.submission-refused.v1', payload: refusal }] });
    const shown = async () => (await client.listSubmissions({ jobIds: [jobId] })).submissions;
    await expect.poll(shown).toMatchObject([{ refusedReason: 'no-account', refusedText: refusal.statusText }]);
    const waiting = (await submit()).submission?.jobId ?? '';
    await (await harness.flowOf('guest-account')).publish({ journeyId: messageId, entries: [], publish: [{ subject: 'account.erased.v1', payload: { accountIds: [], addresses: ['ada@example.org'], returningAccountIds: [], erasureId: '' } }] });
    await expect.poll(shown).toMatchObject([{ refusedReason: 'no-account', refusedText: '' }]);
    expect((await client.listSubmissions({ jobIds: [waiting] })).submissions).toMatchObject([{ refusedReason: 'account-erased' }]);
  });
});

it('many documents of one program wait for each other, and for nobody else\'s', async () => {
  const letGo = Promise.withResolvers<void>();
  const slow = async function* (): AsyncGenerator<Part> {
    for await (const part of parts({}, pdf, 'cut')) yield part;
    await letGo.promise;
    yield { part: { case: 'sizeBytes', value: BigInt(pdf.length) } };
  };
  const files = (await harness.spoolFiles()).length;
  const all = Array.from({ length: SUBMISSIONS_AT_ONCE_MAX + 3 }, () => client.submitDocument(slow()));
  await expect.poll(() => harness.spoolFiles().then((now) => now.length - files)).toBe(SUBMISSIONS_AT_ONCE_MAX);
  expect((await submit({}, pdf, replica.clientAs('another program', SubmissionService, 'print-on-behalf'))).outcome).toBe('taken');
  letGo.resolve();
  expect(new Set((await Promise.all(all)).map(({ outcome }) => outcome))).toEqual(new Set(['taken']));
});
