import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CONDITIONS_AGE_MAX_MS } from '../limits.js';
import { type Conditions, NO_CONDITIONS } from './conditions.js';
import { GENERAL } from './conditions.store.js';
import { type SenderRules, senderRules } from './decide-sender.js';

/** The rules that hold for one mailbox, and whose they are. */
export interface MailboxRules {
  readonly rules: SenderRules;
  readonly from: 'general' | 'mailbox';
}

/** One row per stored conditions; a single one without them when there are none. No row: the revision is still the same. */
interface Row extends Record<string, unknown> {
  readonly revision: number;
  readonly conditions: (Conditions & { readonly mailboxId: string }) | null;
}

const CHANGED_SINCE = `
  SELECT r.revision, CASE WHEN c.mailbox_id IS NOT NULL THEN jsonb_build_object(
    'mailboxId', c.mailbox_id, 'acceptedDomains', c.accepted_domains, 'acceptedAddresses', c.accepted_addresses,
    'refusedDomains', c.refused_domains, 'refusedAddresses', c.refused_addresses, 'userCreationAllowed', c.user_creation_allowed) END AS conditions
  FROM conditions_revision r LEFT JOIN conditions c ON NOT c.uses_default WHERE r.revision <> $1`;

/**
 * All conditions in memory, at most a second old. Under load the look whether they were changed elsewhere is shared by all
 * messages of that second, so a message costs no round trip of its own; a service without messages asks nothing.
 */
export class CurrentConditions {
  private byMailbox = new Map<string, SenderRules>();
  private revision = -1;
  private freshUntilMs = 0;
  private changesHere = 0;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  /** A mailbox's own rules, or the general ones if it follows those (EDG-12). Throws a `CauseDown` while the database is away. */
  async rulesFor(mailboxId: string): Promise<MailboxRules> {
    if (this.nowMs() >= this.freshUntilMs) await (this.refreshing ??= this.refresh());
    const own = this.byMailbox.get(mailboxId);
    if (own && mailboxId !== GENERAL) return { rules: own, from: 'mailbox' };
    return { rules: this.byMailbox.get(GENERAL) ?? senderRules(NO_CONDITIONS), from: 'general' };
  }

  /** After a change in this process: the next message decides by it, whatever question is still under way. */
  expire(): void {
    this.changesHere += 1;
    this.freshUntilMs = 0;
    this.refreshing = undefined;
  }

  private refresh(): Promise<void> {
    const refreshing = this.ask().finally(() => {
      if (this.refreshing === refreshing) this.refreshing = undefined;
    });
    return refreshing;
  }

  private async ask(): Promise<void> {
    const { changesHere } = this;
    const askedAtMs = this.nowMs();
    this.take(await query<Row>(this.pool, 'conditions.changed-since', CHANGED_SINCE, [this.revision]));
    // The age counts from before the question: a change made meanwhile is seen a second later at most.
    if (changesHere === this.changesHere) this.freshUntilMs = askedAtMs + CONDITIONS_AGE_MAX_MS;
  }

  private take(rows: readonly Row[]): void {
    const [first] = rows;
    if (!first || first.revision <= this.revision) return;
    this.byMailbox = new Map(rows.flatMap(({ conditions }) => (conditions ? [[conditions.mailboxId, senderRules(conditions)] as const] : [])));
    this.revision = first.revision;
  }
}
