import type { MailedDocument } from '../judge/verdict.js';

/** What came in with one mail, or by one request of a program. */
export interface SentDocuments {
  /** Asks for its journey: `messageId=…` or `job=…`. */
  readonly journey: string;
  /** The address whose documents they are: of these alone, and so is the code that goes there. */
  readonly person: string;
  readonly documents: readonly MailedDocument[];
  readonly waitsForCode: boolean;
}
