import { setTimeout as pause } from 'node:timers/promises';
import { limits } from '../limits.js';
import type { BenchSuite } from '../run-suite/bench-suite.js';
import { within } from '../within.js';

export interface WatchedMailbox {
  readonly address: string;
  readonly password: string;
  /** Of IMAP with TLS from the beginning. */
  readonly imapsPort: number;
}

interface MailboxView {
  readonly state: string;
  readonly problem: string | null;
  readonly counts: { readonly received: number; readonly refused: number };
}

/** Requests of an administrator's script side by side. */
const CREATED_AT_ONCE = 8;

/** The mailboxes that the suite watches. */
export class WatchedMailboxes {
  constructor(
    private readonly suite: BenchSuite,
    private readonly mailboxes: readonly WatchedMailbox[],
    /** PEM */
    private readonly certificateAuthority: string,
  ) {}

  async create(queueId: string): Promise<void> {
    const queue = this.mailboxes.values();
    const createNext = async (): Promise<void> => {
      for (const { address, password, imapsPort } of queue) {
        const imap = { host: '127.0.0.1', port: imapsPort, tls: 'implicit', user: address, password, certificateAuthority: this.certificateAuthority };
        await this.suite.rest.post('/api/v0/mailboxes', { address, kind: 'imap', queueId, enabled: true, afterProcessing: 'flag', imap });
      }
    };
    await Promise.all(Array.from({ length: CREATED_AT_ONCE }, createNext));
  }

  /** Resolves when all are connected and nobody says otherwise. */
  async untilConnected(): Promise<void> {
    let connected = 0;
    const all = async (): Promise<void> => {
      for (; connected < this.mailboxes.length; await pause(limits.pollMs)) connected = await this.suite.mailboxesIn('connected');
    };
    await within(limits.connectMs, Promise.race([all(), this.suite.failed]), () => `${connected} of ${this.mailboxes.length} mailboxes were connected`);
  }

  /** As an administrator is shown them. */
  async shown(): Promise<readonly MailboxView[]> {
    return (await this.suite.rest.get<{ mailboxes: readonly MailboxView[] }>('/api/v0/mailboxes')).mailboxes;
  }
}
