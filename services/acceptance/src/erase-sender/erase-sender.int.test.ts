import { randomUUID } from 'node:crypto';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { beforeAll, expect, it } from 'vitest';
import { acceptance } from '../acceptance.module.js';

let service: RunningTestService;
beforeAll(async () => {
  service = await startTestService(acceptance);
  return () => service.remove();
});

const judge = (sender: string) => service.superuser.query("INSERT INTO acceptance.verdict (message_id, mailbox_id, sender, verdict, rule) VALUES (gen_random_uuid(), 'm', $1, 'accepted', 'r')", [sender]);

it('an erased sender leaves no verdict and no mail that was not examined yet; rules that name them are told, and stay', async () => {
  for (const sender of ['ada@example.org', 'ada@example.org', 'not-ada@example.org']) await judge(sender);
  await service.superuser.query("INSERT INTO acceptance.conditions (mailbox_id, accepted_addresses, refused_addresses, sponsors, unknown_sender, changed_by) VALUES ('box', '{}', '{ada@example.org}', '{}', 'refuse', 'tester')");
  const documentId = randomUUID();
  await service.superuser.query(`INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key) VALUES ($1, '\\x00', 1, '\\x01')`, [documentId]);
  await service.superuser.query("INSERT INTO spool.claim (document_id, service, until) VALUES ($1, 'acceptance', now() + interval '1 day')", [documentId]);
  await service.superuser.query(
    "INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, state, due_at) VALUES ('mail.message-received.v1', 'mail_ingest', 'acceptance', gen_random_uuid(), $1, 'dead', now())",
    [JSON.stringify({ sender: { address: 'ada@example.org' }, documents: [{ documentId }] })],
  );
  await service.publish({ subject: 'account.erased.v1', payload: { erasureId: randomUUID(), addresses: ['ada@example.org'] } });
  const answer = async () => (await service.superuser.query("SELECT payload -> 'counts' AS counts FROM flow.message WHERE subject = 'acceptance.account-erased.v1'")).rows;
  await expect.poll(answer).toEqual([{ counts: { verdicts: 2, mailsNotPrinted: 1, conditionsLeft: 1 } }]);
  expect((await service.superuser.query('SELECT sender FROM acceptance.verdict')).rows).toEqual([{ sender: 'not-ada@example.org' }]);
  expect((await service.superuser.query('SELECT wrapped_key FROM spool.document WHERE id = $1', [documentId])).rows).toEqual([{ wrapped_key: null }]);
  expect((await service.superuser.query("SELECT 1 FROM flow.message WHERE subject = 'mail.message-received.v1'")).rowCount).toBe(0);
});
