import type { MailedDocument } from '../judge/verdict.js';

export interface SentMail {
  /** Message-ID. */
  readonly messageId: string;
  /** Of this mail alone, and so is the code that goes there. */
  readonly sender: string;
  readonly documents: readonly MailedDocument[];
  readonly waitsForCode: boolean;
}
