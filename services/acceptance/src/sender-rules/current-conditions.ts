import { type Pool, query } from '@inkpost/postgres/pool.js';
import { CurrentSettings } from '@inkpost/service/current-settings.js';
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

/** What is stored, as decisions take it. */
interface Known {
  readonly revision: number;
  readonly byMailbox: ReadonlyMap<string, SenderRules>;
  readonly authentication: ReadonlyMap<string, AuthenticationMode>;
}

const NOTHING_KNOWN: Known = { revision: -1, byMailbox: new Map(), authentication: new Map() };

/** All conditions, and whether senders must be who they say, in memory, at most a second old. */
export class CurrentConditions {
  private readonly settings: CurrentSettings<Known>;

  constructor(
    private readonly pool: Pool,
    nowMs?: () => number,
  ) {
    this.settings = new CurrentSettings((known) => this.ask(known), CONDITIONS_AGE_MAX_MS, nowMs);
  }

  /** A mailbox's own rules, or the general ones if it follows those (EDG-12). Throws a `CauseDown` while the database is away. */
  async rulesFor(mailboxId: string): Promise<MailboxRules> {
    const { byMailbox, authentication: modes } = await this.settings.get();
    const own = byMailbox.get(mailboxId);
    const authentication = modes.get(mailboxId) ?? modes.get(GENERAL);
    if (!authentication) throw new Error('the general settings of sender authentication are missing');
    if (own && mailboxId !== GENERAL) return { rules: own, from: 'mailbox', authentication };
    return { rules: byMailbox.get(GENERAL) ?? senderRules(NO_CONDITIONS), from: 'general', authentication };
  }

  /** After a change in this process: the next message decides by it. */
  expire(): void {
    this.settings.expire();
  }

  private async ask(known: Known = NOTHING_KNOWN): Promise<Known> {
    const [row] = await query<Row>(this.pool, 'conditions.changed-since', CHANGED_SINCE, [known.revision]);
    if (!row) return known;
    return {
      revision: row.revision,
      byMailbox: new Map(row.conditions.map((each) => [each.mailboxId, senderRules(each)])),
      authentication: new Map(row.authentication.map(({ mailboxId, mode }) => [mailboxId, mode])),
    };
  }
}
