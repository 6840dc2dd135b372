import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import type { Commit } from '../draw-faults/fault.js';
import { limits } from '../limits.js';
import { type Arrival, NOT_THERE } from './arrival.js';

/** The first half of the advisory locks' keys; the second stands for the step. */
const LOCKS = 4_711;

const GATE = `
CREATE SCHEMA chaos;
CREATE FUNCTION chaos.pass() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(${LOCKS}, hashtext(NEW.step));
  RETURN NULL;
END $$;
CREATE TRIGGER chaos AFTER INSERT ON journey.entry FOR EACH ROW EXECUTE FUNCTION chaos.pass();`;

const STANDING_STILL = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = ${LOCKS} AND NOT granted`;

/**
 * Lets statements stand still just before their commit: each entry of the journey passes a shared lock of its step, and whoever waits
 * for a moment holds that lock alone. A trigger of its own does it; the services know nothing of it.
 */
export class StepGate {
  constructor(private readonly ownerUrl: string) {}

  async build(): Promise<void> {
    const client = await this.connect();
    await client.query(GATE);
    await client.end();
  }

  /** Also where PostgreSQL is still recovering from the fault before. */
  async arrive(step: string, commit: Commit): Promise<Arrival> {
    const deadline = performance.now() + limits.momentMs;
    while (performance.now() < deadline) {
      const arrival = await this.arriveBy(deadline, step, commit).catch(() => undefined);
      if (arrival) return arrival;
      await pause(limits.retryMs);
    }
    return NOT_THERE;
  }

  private async arriveBy(deadline: number, step: string, commit: Commit): Promise<Arrival> {
    const client = await this.connect();
    // The end of the session lets everybody pass.
    const open = (): Promise<void> => client.end().catch(() => undefined);
    try {
      await client.query(`SELECT pg_advisory_lock(${LOCKS}, hashtext($1))`, [step]);
      while (performance.now() < deadline) {
        const { rowCount } = await client.query(STANDING_STILL);
        if (rowCount === 0) {
          await pause(limits.gateLookMs);
          continue;
        }
        if (commit === 'rolled-back') await client.query(`SELECT pg_terminate_backend(pid) FROM (${STANDING_STILL}) AS waiting`);
        if (commit === 'heard') await open();
        return { isThere: true, letGo: open };
      }
    } catch (error) {
      await open();
      throw error;
    }
    await open();
    return NOT_THERE;
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.ownerUrl });
    client.on('error', () => undefined); // a killed PostgreSQL: the next query says so
    await client.connect();
    return client;
  }
}
