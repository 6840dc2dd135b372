import type { FlowMessage } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { NOTICES_PER_HOUR_MAX } from '../limits.js';
import type { EventNotices } from '../notification-events/event-notices.js';
import { refusalValues } from '../notification-events/macro-values.js';
import type { RefusedDocument } from '../templates/documents.js';
import type { MailDelivery } from './mail-delivery.js';
import { grantNotice } from './outgoing.store.js';

/** What the refusals of acceptance and of guest-account have in common. */
export interface Refusal {
  readonly sender: { readonly address: string; readonly displayName: string };
  readonly subject: string;
  readonly language: string;
  readonly reason: string;
  readonly statusText: string;
  readonly refusedParts: readonly RefusedDocument[];
  readonly senderMayBeTold: boolean;
  /** If somebody known has this address: nothing showed whether it is forged. */
  readonly knownSenderMayBeTold: boolean;
}

/** Tells a sender that nothing of a mail is printed: only one who may be told, and not too often. */
export class TellRefusal {
  constructor(
    private readonly delivery: MailDelivery,
    private readonly events: EventNotices,
    private readonly pool: Pool,
  ) {}

  async tell(message: FlowMessage, refusal: Refusal): Promise<void> {
    const { sender: { address, displayName }, subject, language, reason, statusText, refusedParts } = refusal;
    const whyNot = await this.whyNot(message, refusal);
    if (whyNot !== undefined) {
      await this.delivery.leaveUntold(message, 'refusal', { to: address, reason: whyNot });
      return;
    }
    await this.events.tell(message, {
      event: 'refused', kind: 'refusal', user: { address, displayName, language }, notices: [], evidence: { reason },
      values: (inLanguage) => refusalValues({ subject, reason, statusText, refusedParts }, inLanguage),
    });
  }

  private async whyNot(message: FlowMessage, { sender: { address }, senderMayBeTold, knownSenderMayBeTold }: Refusal): Promise<string | undefined> {
    // An automatic mail is never answered (RFC 3834, 2), nor an address that may be forged: whoever decided knew.
    if (!senderMayBeTold && !knownSenderMayBeTold) return 'sender-may-not-be-told';
    if (address === '') return 'no-address';
    if (!senderMayBeTold && !(await isKnown(this.pool, address))) return 'sender-unknown';
    return (await grantNotice(this.pool, address, message.id, NOTICES_PER_HOUR_MAX)) ? undefined : 'too-many-notices';
  }
}

const IS_KNOWN = 'SELECT EXISTS (SELECT FROM contact_address WHERE address = $1) AS known';

/** Has an account this address? */
async function isKnown(pool: Pool, address: string): Promise<boolean> {
  const [row] = await query<{ known: boolean }>(pool, 'contact.is-known', IS_KNOWN, [address]);
  return row?.known ?? false;
}
