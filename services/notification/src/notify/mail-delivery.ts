import type { JsonValue } from '@bufbuild/protobuf';
import type { FlowClient, FlowMessage } from '@inkpost/flow/flow-client.js';
import type { JourneyEntry } from '@inkpost/journey/journey-entry.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { CurrentOutgoingMail } from '../outgoing-mail/current-outgoing-mail.js';
import type { Delivery, MailToSend } from '../ports/mail-server.port.js';
import { readableCode } from '../templates/readable-code.js';
import { chooseLanguage, type Language } from '../templates/language.js';
import type { RenderedMail } from '../templates/letter.js';
import type { MailMetrics } from './mail-metrics.js';
import { messageIdOf } from './message-id.js';
import { type MailKind, recordIntent, type RecordedIntent, settle } from './outgoing.store.js';
import { whyNotMailable } from './recipient.js';

/** What a handler wants a person to be told. */
export interface Notice {
  readonly kind: MailKind;
  readonly to: string;
  readonly displayName: string;
  /** Who gets a copy. */
  readonly cc?: readonly string[];
  /** BCP 47, the person's own; may be empty. */
  readonly language: string;
  readonly render: (language: Language) => RenderedMail;
  /** The account that it is for; absent: for nobody we know. */
  readonly accountId?: string;
  /** Stays out of the journey, even if the mail server should repeat it. */
  readonly code?: string;
  /** More for the journey. */
  readonly evidence?: Readonly<Record<string, JsonValue>>;
  /** The one document that it is about. */
  readonly document?: string;
  /** It follows from no mail: there is no journey to write in. */
  readonly ofNoJourney?: boolean;
}

/**
 * Tells people by mail. SMTP can't be asked whether a mail was sent, so the intent is written first and the result after, in the step
 * that closes the message: what died in between is sent again, with the same Message-ID.
 */
export class MailDelivery {
  /** Sent, but not recorded because the database went away just then: these are not sent again. */
  private readonly unrecorded = new Map<string, Delivery>();

  constructor(
    private readonly flow: FlowClient,
    private readonly pool: Pool,
    private readonly outgoing: CurrentOutgoingMail,
    private readonly metrics: MailMetrics,
  ) {}

  /** Throws the failures of the mail server (`MailServer.send`), and `notification.not-configured`. */
  async deliver(message: FlowMessage, notice: Notice): Promise<void> {
    const { server, settings } = await this.outgoing.get();
    const { kind, to, accountId = '', displayName, code = '' } = notice;
    const intent = await recordIntent(this.pool, {
      flowMessageId: message.id, journeyId: message.journeyId, kind, recipient: to, internetMessageId: messageIdOf(message.id, settings.fromAddress),
      // A code goes to the address that it was sealed for, a link to the directory's, and to no other.
      accountId, followsAccount: kind !== 'code' && kind !== 'pin-link',
    });
    if (!intent) return;
    if (intent.state !== 'intent') {
      this.close(message);
      return;
    }
    const whyNot = intent.erased ? 'account-erased' : whyNotMailable(intent.recipient, settings.fromAddress);
    if (whyNot !== undefined) {
      await this.record(message, notice, { delivered: false, answer: whyNot }, entry(notice, 'not-told', { kind, to: intent.recipient, reason: whyNot }));
      this.metrics.count(kind, 'untold');
      return;
    }
    const language = chooseLanguage([intent.language ?? '', notice.language], settings.language);
    const mail: MailToSend = {
      ...notice.render(language), to: intent.recipient, cc: copiesTo(notice, intent.recipient, settings.fromAddress), displayName, language, internetMessageId: intent.internet_message_id,
      autoSubmitted: kind === 'refusal' || kind === 'confirmation' ? 'auto-replied' : 'auto-generated', confidential: code === '' ? [] : [code, readableCode(code)],
    };
    const delivery = this.unrecorded.get(message.id) ?? (await server.send(mail));
    this.unrecorded.set(message.id, delivery);
    await this.record(message, notice, delivery, deliveryEntry(notice, intent, delivery, language));
    this.unrecorded.delete(message.id);
    this.metrics.count(kind, delivery.delivered ? 'sent' : 'failed');
  }

  /** Closes a message that nobody is told of, and says why. */
  async leaveUntold(message: FlowMessage, kind: MailKind, evidence: Readonly<Record<string, JsonValue>>): Promise<void> {
    await this.flow.step(message, { journeyId: message.journeyId, entries: [{ step: 'not-told', evidence: { kind, ...evidence } }], publish: [] });
    this.metrics.count(kind, 'untold');
  }

  /** Closes a message without a word. */
  close(message: FlowMessage): void {
    this.flow.closeLater(message);
  }

  private async record(message: FlowMessage, { ofNoJourney = false }: Notice, { delivered, answer }: Delivery, journeyEntry: JourneyEntry): Promise<void> {
    await this.flow.step(message, { journeyId: message.journeyId, entries: ofNoJourney ? [] : [journeyEntry], publish: [] }, settle(message.id, delivered ? 'sent' : 'failed', answer));
  }
}

function copiesTo({ cc = [] }: Notice, recipient: string, ownAddress: string): string[] {
  return cc.filter((address) => address !== recipient && whyNotMailable(address, ownAddress) === undefined);
}

function entry(notice: Notice, step: string, evidence: Readonly<Record<string, JsonValue>>): JourneyEntry {
  return { step, evidence, ...(notice.document !== undefined && { document: notice.document }) };
}

function deliveryEntry(notice: Notice, intent: RecordedIntent, { delivered, answer }: Delivery, language: Language): JourneyEntry {
  const { kind } = notice;
  const { tries, recipient: to, internet_message_id: internetMessageId } = intent;
  // It may be there twice, under one Message-ID: an earlier try may have been sent, but not recorded.
  const again = tries > 1 ? { tries } : {};
  const evidence = { to, answer, internetMessageId, language, ...notice.evidence, ...again };
  return delivered ? entry(notice, `${kind}-mailed`, evidence) : entry(notice, 'mail-not-delivered', { kind, ...evidence });
}
