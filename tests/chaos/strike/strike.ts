import { Redis } from 'ioredis';
import { Client } from 'pg';
import type { Strike } from '../draw-faults/fault.js';
import { limits } from '../limits.js';
import type { ChaosPlace } from '../set-up/chaos-place.js';

/** Mends what was struck. */
export type Mend = () => Promise<unknown>;

type StrikeAt<What extends Strike['what']> = Extract<Strike, { readonly what: What }>;

const nothing: Mend = async () => undefined;

/** Resolves once it has struck. */
export async function strike(place: ChaosPlace, wanted: Strike): Promise<Mend> {
  switch (wanted.what) {
    case 'service':
      return strikeService(place, wanted);
    case 'redis':
      return strikeRedis(place, wanted);
    case 'postgres':
      return strikePostgres(place, wanted);
    case 'printers':
      return strikePrinters(place, wanted);
    case 'mailboxes':
      await place.mailboxes?.kill();
      return async () => place.mailboxes?.start();
    case 'mail-server':
      break;
  }
  place.sink.failNext(451, limits.refusedMails);
  return nothing;
}

async function strikeService({ suite }: ChaosPlace, { service, how }: StrikeAt<'service'>): Promise<Mend> {
  const process = suite.processes.find(({ name }) => name === service);
  if (!process) throw new Error(`no process is called ${service}`);
  if (how === 'freeze') return freeze(process.pid);
  await process.kill();
  return () => process.restart();
}

/** It stands still and its connections stay open, as on a machine that is out of breath. */
function freeze(pid: number): Mend {
  process.kill(pid, 'SIGSTOP');
  return async () => process.kill(pid, 'SIGCONT');
}

async function strikeRedis({ redis }: ChaosPlace, { how }: StrikeAt<'redis'>): Promise<Mend> {
  if (how === 'freeze') return freeze(redis.current.pid);
  if (how === 'kill') {
    await redis.kill();
    return () => redis.start();
  }
  const client = new Redis(redis.current.url);
  await client.flushall();
  client.disconnect();
  return nothing;
}

async function strikePostgres({ postgres, databaseOwnerUrl }: ChaosPlace, { how }: StrikeAt<'postgres'>): Promise<Mend> {
  if (how === 'kill') await postgres.kill();
  if (how === 'restart') await postgres.stop();
  if (how !== 'cut') return () => postgres.start();
  const client = new Client({ connectionString: databaseOwnerUrl });
  await client.connect();
  await client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()");
  await client.end();
  return nothing;
}

async function strikePrinters({ printers }: ChaosPlace, { how }: StrikeAt<'printers'>): Promise<Mend> {
  if (how === 'off') return printers.switchOff();
  printers.set(how, true);
  return async () => printers.set(how, false);
}
