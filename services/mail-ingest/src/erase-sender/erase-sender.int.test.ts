import { randomUUID } from 'node:crypto';
import { freePort } from '@inkpost/testkit/free-port.js';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { beforeAll, expect, it } from 'vitest';
import { mailIngest } from '../mail-ingest.module.js';

let service: RunningTestService;
beforeAll(async () => {
  const [smtpPort, lmtpPort] = [await freePort(), await freePort()];
  service = await startTestService(mailIngest, { INKPOST_SMTP_LISTEN: `127.0.0.1:${smtpPort}`, INKPOST_LMTP_LISTEN: `127.0.0.1:${lmtpPort}` });
  return () => service.remove();
});

const mailboxId = async (log: readonly string[]): Promise<string> => {
  const id = randomUUID();
  await service.superuser.query(
    "INSERT INTO mail_ingest.mailbox (id, address, kind, queue_id, enabled, after_processing, processed_folder) VALUES ($1, $2, 'smtp', 'q', false, 'keep', '')", [id, `${id}@inkpost.test`]);
  await service.superuser.query("INSERT INTO mail_ingest.trace VALUES ($1, now(), now(), 'tester')", [id]);
  for (const lines of log) await service.superuser.query('INSERT INTO mail_ingest.trace_piece (mailbox_id, lines, size_bytes) VALUES ($1, $2, 1)', [id, lines]);
  return id;
};
const received = async (sender: string): Promise<string> => {
  const messageId = randomUUID();
  await service.superuser.query('SELECT journey.begin_message($1, $2)', [messageId, JSON.stringify({ sender })]);
  await service.superuser.query("INSERT INTO mail_ingest.ledger (mailbox_id, sha256, internet_message_id, size_bytes, message_id) VALUES (gen_random_uuid(), '\\x01', '<1@laptop-of-ada>', 1, $1)", [messageId]);
  return messageId;
};
const idInLedger = async (messageId: string) => (await service.superuser.query<{ id: string }>('SELECT internet_message_id AS id FROM mail_ingest.ledger WHERE message_id = $1', [messageId])).rows[0]?.id;
const traced = async () => (await service.superuser.query<{ id: string }>('SELECT DISTINCT mailbox_id AS id FROM mail_ingest.trace_piece')).rows.map(({ id }) => id);

it('an erased sender leaves neither identifiers in the ledger nor traces that name them; the mails stay known', async () => {
  const [own, other] = [await received('Ada@example.org'), await received('not-ada@example.org')];
  // Pieces end anywhere, also within an address.
  const named = await mailboxId(['C: MAIL FROM:<Ada@exam', 'ple.org>\r\n']);
  const unnamed = await mailboxId(['C: MAIL FROM:<not-ada@example.org>\r\n', 'C: RCPT TO:<ada@example.organisation>\r\n']);
  const erasureId = randomUUID();
  await service.publish({ subject: 'account.erased.v1', payload: { erasureId, addresses: ['ada@example.org'] } });
  const answer = async () => (await service.superuser.query("SELECT payload -> 'counts' AS counts FROM flow.message WHERE subject = 'mail.account-erased.v1'")).rows;
  await expect.poll(answer).toEqual([{ counts: { mails: 1, traces: 1 } }]);
  expect([await idInLedger(own), await idInLedger(other)]).toEqual(['', '<1@laptop-of-ada>']);
  expect(await traced()).toEqual([unnamed]);
  expect(named).not.toBe(unnamed);
});
