import { type Pool, query } from '@inkpost/postgres/pool.js';
import { WITH_THE_NEXT } from './with-the-next.js';

/** Nobody waits for it, and the relay looks at a message only after ten seconds. */
const CLOSE_AFTER_MS = 100;

/** Closes messages together that changed nothing: a commit for each costs more than what was done for them. */
export class LateClosings {
  private ids: string[] = [];

  constructor(private readonly pool: Pool) {}

  add(messageId: string): void {
    if (this.ids.length === 0) setTimeout(() => void this.close(), CLOSE_AFTER_MS).unref();
    this.ids.push(messageId);
  }

  private async close(): Promise<void> {
    const ids = this.ids;
    this.ids = [];
    // Those that stay open come again, and change nothing again.
    await query(this.pool, 'flow.close-all', `SELECT flow.close_all($1), ${WITH_THE_NEXT}`, [ids]).catch(() => undefined);
  }
}
