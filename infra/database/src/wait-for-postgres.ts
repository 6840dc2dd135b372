import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { CauseDown } from '@inkpost/failure/failure.js';
import { postgresFailure } from '@inkpost/postgres/pool.js';

const PAUSE_MS = 250;
const TRY_TIMEOUT_MS = 2_000;

/** Connects once and lets go. Throws `CauseDown` for a server that is not there yet or still starting. */
async function tryConnect(url: string): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TRY_TIMEOUT_MS });
  try {
    await client.connect();
  } catch (error) {
    throw postgresFailure(error);
  } finally {
    await client.end();
  }
}

/** Returns once the server takes connections; throws its last answer after `timeoutMs`, and at once what waiting won't mend (a wrong password). */
export async function waitForPostgres(url: string, timeoutMs: number): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await tryConnect(url);
    } catch (error) {
      if (!(error instanceof CauseDown) || performance.now() + PAUSE_MS > deadline) throw error;
      await delay(PAUSE_MS);
    }
  }
}
