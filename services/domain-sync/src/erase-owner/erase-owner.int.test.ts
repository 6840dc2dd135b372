import { randomUUID } from 'node:crypto';
import { type RunningTestService, startTestService } from '@inkpost/testkit/running-service.js';
import { beforeAll, expect, it } from 'vitest';
import { domainSync } from '../domain-sync.module.js';

let service: RunningTestService;
beforeAll(async () => {
  service = await startTestService(domainSync);
  return () => service.remove();
});

const print = (accountId: string, ownerLabel: string) => service.publish({
  subject: 'print.job-recorded.v1', payload: { jobId: randomUUID(), queueId: 'lobby', accountId, mailboxId: 'm', pages: 3, copies: 1, completedAt: { seconds: 1_800_000_000n }, directory: 'guests', ownerLabel },
});
const labelOf = async (accountId: string) => (await service.superuser.query<{ label: string }>('SELECT label FROM domain_sync.print_owner WHERE account_id = $1', [accountId])).rows[0]?.label;
const printsOf = async (accountId: string) => (await service.superuser.query('SELECT 1 FROM domain_sync.print_fact WHERE account_id = $1', [accountId])).rowCount;

it('reports name an erased person no more, also after a late print; what was printed stays counted, and who may return is named again', async () => {
  const [gone, back, stranger, other] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  const labels = new Map([[gone, 'ada@example.org'], [back, 'bob@example.org'], [stranger, 'carol@example.org'], [other, 'dora@example.org']]);
  for (const [accountId, label] of labels) await print(accountId, label);
  for (const [accountId, label] of labels) await expect.poll(() => labelOf(accountId)).toBe(label);
  const erasureId = randomUUID();
  await service.publish({ subject: 'account.erased.v1', payload: { erasureId, accountIds: [gone], returningAccountIds: [back], addresses: ['ada@example.org', 'carol@example.org'] } });
  await expect.poll(async () => (await service.superuser.query("SELECT payload -> 'counts' AS counts FROM flow.message WHERE subject = 'statistics.account-erased.v1'")).rows).toEqual([{ counts: { names: 3 } }]);
  expect(await Promise.all([gone, back, stranger, other].map(labelOf))).toEqual(['', '', '', 'dora@example.org']);
  for (const accountId of [gone, back]) await print(accountId, labels.get(accountId) ?? '');
  for (const accountId of [gone, back]) await expect.poll(() => printsOf(accountId)).toBe(2);
  expect(await Promise.all([gone, back].map(labelOf))).toEqual(['', 'bob@example.org']);
});
