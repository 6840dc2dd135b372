import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CONDITIONS_AGE_MAX_MS } from '../limits.js';
import type { AuthenticationMode } from '../sender-authentication/authentication-settings.js';
import { type Conditions, NO_CONDITIONS } from './conditions.js';
import { GENERAL } from './conditions.store.js';
import { type SenderRules, senderRules } from './decide-sender.js';

/** The rules that hold for one mailbox, and whose they are. */
export interface MailboxRules {
  readonly rules: SenderRules;
  readonly from: 'general' | 'mailbox';
  /** Whether its senders must be who they say. */
  readonly authentication: AuthenticationMode;
}

/** All that is stored; no row: the revision is still the same. */
interface Row extends Record<string, unknown> {
  readonly revision: number;
  readonly conditions: readonly (Conditions & { readonly mailboxId: string })[];
  readonly authentication: readonly { readonly mailboxId: string; readonly mode: AuthenticationMode }[];
}

const CHANGED_SINCE = `
  SELECT r.revision,
    (SELECT coalesce(jsonb_agg(jsonb_build_object(
      'mailboxId', mailbox_id, 'acceptedDomains', accepted_domains, 'acceptedAddresses', accepted_addresses,
      'refusedDomains', refused_domains, 'refusedAddresses', refused_addresses, 'unknownSender', unknown_sender, 'sponsors', sponsors)), '[]') FROM conditions WHERE NOT uses_default) AS conditions,
    (SELECT jsonb_agg(jsonb_build_object('mailboxId', mailbox_id, 'mode', mode)) FROM sender_authentication WHERE NOT uses_default) AS authentication
  FROM conditions_revision r WHERE r.revision <> $1`;

/**
 * All conditions, and whether senders must be who they say, in memory, at most a second old. Under load the look whether they were changed elsewhere is shared by all
 * messages of that second, so a message costs no round trip of its own; a service without messages asks nothing.
 */
export class CurrentConditions {
  private byMailbox = new Map<string, SenderRules>();
  private authentication = new Map<string, AuthenticationMode>();
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
    const authentication = this.authentication.get(mailboxId) ?? this.authentication.get(GENERAL);
    if (!authentication) throw new Error('the general settings of sender authentication are missing');
    if (own && mailboxId !== GENERAL) return { rules: own, from: 'mailbox', authentication };
    return { rules: this.byMailbox.get(GENERAL) ?? senderRules(NO_CONDITIONS), from: 'general', authentication };
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
    const [row] = await query<Row>(this.pool, 'conditions.changed-since', CHANGED_SINCE, [this.revision]);
    if (row && row.revision > this.revision) this.take(row);
    // The age counts from before the question: a change made meanwhile is seen a second later at most.
    if (changesHere === this.changesHere) this.freshUntilMs = askedAtMs + CONDITIONS_AGE_MAX_MS;
  }

  private take({ revision, conditions, authentication }: Row): void {
    this.byMailbox = new Map(conditions.map((each) => [each.mailboxId, senderRules(each)]));
    this.authentication = new Map(authentication.map(({ mailboxId, mode }) => [mailboxId, mode]));
    this.revision = revision;
  }
}
