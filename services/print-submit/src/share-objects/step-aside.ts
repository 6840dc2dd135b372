import { PermanentFailure } from '@inkpost/failure/failure.js';
import { freeName, identifierAside, type MakeRoom, nameAside } from '@inkpost/shared-object/step-aside.js';
import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import { printLimits } from '../limits.js';

type Transaction = Prisma.TransactionClient;

/** Tables whose identifiers administrators choose: two servers may have chosen the same. */
const TABLES = { queue: 'queue', 'queue group': 'queue_group', tariff: 'tariff', filter: 'filter', 'release profile': 'release_profile' } as const;

/** A local object of the master's identifier gets another identifier and name; what refers to it here goes with it. */
export function stepAside(prisma: PrismaClient, what: keyof typeof TABLES): MakeRoom {
  const table = Prisma.raw(TABLES[what]);
  return async ({ objectId, isLocal }, serverName, rehearses) => {
    if (!isLocal) return undefined;
    return prisma.$transaction(async (transaction) => {
      const [local] = await transaction.$queryRaw<{ name: string }[]>`SELECT name FROM ${table} WHERE id = ${objectId} FOR UPDATE`;
      if (!local) return undefined;
      const isTaken = async (id: string) => (await transaction.$queryRaw<unknown[]>`SELECT 1 AS taken FROM ${table} WHERE id = ${id}`).length > 0;
      const identifier = await freeName((number) => identifierAside(objectId, serverName + number, printLimits.queueIdLengthMax), isTaken);
      const name = nameAside(local.name, serverName, printLimits.queueNameLengthMax);
      if (what === 'queue') await ensureIdle(transaction, objectId);
      if (rehearses) return identifier;
      await transaction.$executeRaw`UPDATE ${table} SET id = ${identifier}, name = ${name} WHERE id = ${objectId}`;
      if (what === 'queue') await followQueue(transaction, objectId, identifier);
      await transaction.$executeRaw`UPDATE charging SET version = version + 1`;
      return identifier;
    });
  };
}

/** The loop of its printer knows a queue by its identifier: with a job under way nobody could say whose it is. */
async function ensureIdle(transaction: Transaction, queueId: string): Promise<void> {
  const jobs = await transaction.job.count({ where: { queueId, completedAt: null } });
  if (jobs > 0) {
    throw new PermanentFailure('print.queue-in-use', `A queue "${queueId}" of this server's own is in the way and has ${jobs} unfinished jobs: it gets another identifier once they are printed or cancelled.`);
  }
}

/** What of this server names the queue without a foreign key. The master's objects mean the master's queue. */
async function followQueue(transaction: Transaction, from: string, to: string): Promise<void> {
  const own = (kind: string) => Prisma.sql`NOT EXISTS (SELECT 1 FROM shared_object s WHERE s.kind = ${kind} AND s.object_id = id)`;
  await transaction.$executeRaw`UPDATE job SET queue_id = ${to} WHERE queue_id = ${from}`;
  await transaction.$executeRaw`UPDATE tariff SET queue_id = ${to} WHERE queue_id = ${from} AND ${own('tariff')}`;
  await transaction.$executeRaw`
    UPDATE filter SET action = CASE WHEN action ->> 'queueId' = ${from} THEN jsonb_set(action, '{queueId}', to_jsonb(${to}::text)) ELSE action END,
      conditions = CASE WHEN conditions -> 'queueIds' ? ${from}
        THEN jsonb_set(conditions, '{queueIds}', ((conditions -> 'queueIds') - ${from}) || to_jsonb(${to}::text)) ELSE conditions END
    WHERE (action ->> 'queueId' = ${from} OR conditions -> 'queueIds' ? ${from}) AND ${own('filter')}`;
}
