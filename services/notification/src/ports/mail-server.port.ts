import type { RenderedMail } from '../templates/letter.js';

/** A mail to one person, and copies to others. The sender is the server's own: its From address and name. */
export interface MailToSend extends RenderedMail {
  /** RFC 5322 Message-ID with its angle brackets: the same one when the mail is sent again. */
  readonly internetMessageId: string;
  readonly to: string;
  readonly displayName: string;
  readonly cc?: readonly string[];
  /** BCP 47. */
  readonly language: string;
  /** RFC 3834, 5: written by itself, or in answer to a mail. */
  readonly autoSubmitted: 'auto-generated' | 'auto-replied';
  /** What no answer may repeat, be it a result or a failure: content filters quote what they refuse. */
  readonly confidential: readonly string[];
  /** More header fields, by their names. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What the mail server said at last. */
export interface Delivery {
  /** False: it will never take a mail for this person. */
  readonly delivered: boolean;
  /** In one line. */
  readonly answer: string;
}

/** The outgoing mail server of one set of settings. */
export interface MailServer {
  /**
   * Throws the CauseDown `notification.mail-server-unreachable` or `notification.mail-server-refuses` (waits for an administrator, or
   * for the server), the TransientFailure `notification.mail-server-busy` (a 4xx for this mail).
   */
  send(mail: MailToSend, signal?: AbortSignal): Promise<Delivery>;
  /** Lets what is under way finish. */
  close(): void;
}
