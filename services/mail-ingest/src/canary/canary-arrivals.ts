import { MESSAGE_ID_CHARACTERS_MAX, CANARY_LATE_AFTER_MS } from '../limits.js';
import type { IncomingMail, RawMail, Reception } from '../receive-message/incoming-mail.js';
import type { MailRecorder } from '../receive-message/mail-recorder.js';
import type { Header } from '../receive-message/read-mail/header.js';
import { safeText } from '../receive-message/safe-text.js';
import type { CanaryMetrics } from './canary-metrics.js';
import { CANARY_HEADER, type CanaryTokens } from './canary-token.js';

/** Knows the canaries among the mails that come in. */
export class CanaryArrivals {
  constructor(
    private readonly tokens: CanaryTokens,
    private readonly recorder: MailRecorder,
    private readonly metrics: CanaryMetrics,
  ) {}

  /** See `TakeCanary`. Its journey is the one that began when it was asked for. */
  async take(mail: IncomingMail, header: Header, raw: RawMail): Promise<Reception | undefined> {
    const canaryId = this.tokens.read(header.first(CANARY_HEADER.toLowerCase()), mail.mailbox.id);
    if (canaryId === undefined) return undefined;
    const internetMessageId = safeText(header.first('message-id'), MESSAGE_ID_CHARACTERS_MAX);
    const evidence = { source: mail.source, mailbox: mail.mailbox.address, ...mail.origin, sizeBytes: raw.sizeBytes, internetMessageId };
    return this.recorder.recordCanary(mail, { messageId: canaryId, internetMessageId, entries: [{ step: 'canary-received', evidence }] }, raw, (latencyMs) => {
      this.metrics.arrivedAfter(latencyMs);
      this.metrics.count(latencyMs > CANARY_LATE_AFTER_MS ? 'late' : 'arrived');
    });
  }
}
