import type { Pool } from '@inkpost/postgres/pool.js';
import { NOTICES_PER_HOUR_MAX, SPONSOR_REQUESTS_PER_HOUR_MAX } from '../limits.js';
import { grantNotice } from './outgoing.store.js';

/** How many mails an address may get within an hour that somebody else can bring about by sending mails. */
export class NoticeBudget {
  constructor(private readonly pool: Pool) {}

  /** May a sender be answered by this message? */
  async grantNotice(address: string, flowMessageId: string): Promise<boolean> {
    return grantNotice(this.pool, address, flowMessageId, NOTICES_PER_HOUR_MAX);
  }

  /** May a sponsor be asked by it? Counted apart, so that many guests of an event leave room for notices of the sponsor's own mails. */
  async grantRequest(address: string, flowMessageId: string): Promise<boolean> {
    return grantNotice(this.pool, `sponsor ${address}`, flowMessageId, SPONSOR_REQUESTS_PER_HOUR_MAX);
  }
}
