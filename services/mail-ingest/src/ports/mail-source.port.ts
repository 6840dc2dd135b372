import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import type { AfterProcessing, ClientAccess, MailServer } from '../mailboxes/mailbox.js';

export interface FetchedMail {
  /** Its name at the source, for as long as the epoch stays: UID of IMAP in decimal, UIDL of POP3, immutable id of Graph. */
  readonly key: string;
  /** Of a mail that isn't given whole at least so much, where its server doesn't say it (Graph). */
  readonly sizeBytes: number;
  /** When its server received it, where that is known. */
  readonly receivedAt: Date | undefined;
  /** The mail; absent where it is longer than a piece. */
  readonly whole: Buffer | undefined;
}

/** An opened folder of a mail server. One call at a time, but for `close`. All methods throw a `Failure` when the connection is lost. */
export interface MailSource {
  /** Keys mean nothing once it changes: UIDVALIDITY (RFC 9051, 2.3.1.1); constant where keys are for ever. */
  readonly epoch: string;
  /** True: a mail keeps its key wherever it is moved, and comes back with it. */
  readonly keysLast?: true;
  /** Whether the server announces mails; else they are looked for from time to time. */
  readonly announces: boolean;
  /** The keys of all mails, the oldest first. */
  list(): Promise<string[]>;
  /** The keys of the mails that no `list` or `listNew` gave yet, the oldest first. */
  listNew(): Promise<string[]>;
  /** Those of the mails that are still there. The next one comes when the one before is taken; no other call meanwhile. */
  fetch(keys: readonly string[]): AsyncIterable<FetchedMail>;
  /** A long mail piece by piece; more than `bytesMax` are not waited for. Throws `MAIL_GONE` when it is no longer there. */
  fetchLong(key: string, bytesMax: number): AsyncIterable<Buffer>;
  /** Throws `MAIL_GONE` when it is no longer there. */
  fetchHeader(key: string): AsyncIterable<Buffer>;
  /** Does with processed mails what the mailbox wants, durably. False: the server refused. */
  settle(keys: readonly string[], choice: AfterProcessing, processedFolder: string): Promise<boolean>;
  /** Why `settle` was refused the last time, in a sentence an administrator can act on, where the server says it. */
  readonly whyRefused?: string | undefined;
  /** Resolves with the moment of the server's word (performance.now()) when mails may have come, or with undefined when it's time to check. */
  waitForMail(): Promise<number | undefined>;
  /** Whether there are mails that were not listed yet. Throws when the folder is gone or was made anew, which an open folder needn't show. */
  check(): Promise<boolean>;
  /** Ends all that waits. */
  close(): Promise<void>;
}

export type SignIn =
  | { readonly kind: 'password'; readonly password: string }
  | {
      readonly kind: 'token';
      /** Whose token it is: a person's, or the application's own. */
      readonly access: ClientAccess;
      /**
       * A bearer token that is valid now (RFC 6750); asked for at every connection. `refused`: one that a server did not take, so that
       * another one is got. Throws the `Failure`s of whoever grants it.
       */
      readonly accessToken: (refused?: string) => Promise<string>;
    };

export interface SourceAccess extends MailServer {
  /** What an adapter remembers of a mailbox goes by this. */
  readonly mailboxId: string;
  readonly signIn: SignIn;
  readonly afterProcessing: AfterProcessing;
  readonly processedFolder: string;
  /** Where its server may be; absent: not at link-local addresses. */
  readonly addressRules?: AddressRules;
  /** Takes each line of the conversation with the server. Masking secrets and the content of mails is the adapter's duty. */
  readonly trace?: ((line: string) => void) | undefined;
}

/** Codes of the failures of `OpenSource`, where the difference matters. */
export const SERVER_UNREACHABLE = 'mailbox.server-unreachable';
export const LOGIN_REFUSED = 'mailbox.login-refused';
export const FOLDER_MISSING = 'mailbox.folder-missing';
export const NEEDS_ASSOCIATION = 'mailbox.needs-association';
export const CLIENT_SECRET_REFUSED = 'mailbox.client-secret-refused';
export const TWO_FACTOR_DEMANDED = 'mailbox.two-factor-demanded';

/** Code of the failure of a mail that was deleted or moved by somebody else. */
export const MAIL_GONE = 'mailbox.mail-gone';

/** Connects, signs in and opens the folder. Throws a `Failure` whose message an administrator can act on. */
export type OpenSource = (access: SourceAccess, signal: AbortSignal) => Promise<MailSource>;
