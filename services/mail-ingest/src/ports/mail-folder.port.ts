import type { AfterProcessing, ImapAccess } from '../mailboxes/mailbox.js';

export interface FetchedMail {
  readonly uid: number;
  readonly sizeBytes: number;
  /** When its server received it. */
  readonly internalDate: Date | undefined;
  /** The mail; absent where it is longer than a piece. */
  readonly whole: Buffer | undefined;
}

/** An opened folder of a mail server. All methods throw a `Failure` when the connection is lost. */
export interface MailFolder {
  /** UIDs mean nothing once it changes (RFC 9051, 2.3.1.1). */
  readonly uidValidity: bigint;
  /** The UIDs from this one on, ascending. */
  uidsFrom(uid: number): Promise<number[]>;
  /** Those of the mails that are still there. The next one comes when the one before is taken; no other call meanwhile. */
  fetch(uids: readonly number[]): AsyncIterable<FetchedMail>;
  /** A long mail piece by piece, up to `bytesMax`. */
  fetchLong(uid: number, bytesMax: number): AsyncIterable<Buffer>;
  fetchHeader(uid: number): AsyncIterable<Buffer>;
  /** Does with processed mails what the mailbox wants. False: the server refused. */
  settle(uids: readonly number[], choice: AfterProcessing, processedFolder: string): Promise<boolean>;
  /** Resolves with the moment of the server's word (performance.now()) when mails may have come, or with undefined when it's time to check. */
  waitForMail(): Promise<number | undefined>;
  /** The UID that the next mail will get. Throws when the folder is gone or was made anew, which an open folder needn't show. */
  check(): Promise<number>;
  /** Ends all that waits. */
  close(): Promise<void>;
}

export interface FolderAccess extends ImapAccess {
  readonly password: string;
  readonly afterProcessing: AfterProcessing;
  readonly processedFolder: string;
}

/** Codes of the failures of `openFolder`, where the difference matters. */
export const LOGIN_REFUSED = 'mailbox.login-refused';
export const FOLDER_MISSING = 'mailbox.folder-missing';

/** Connects, signs in and opens the folder. Throws a `Failure` whose message an administrator can act on. */
export type OpenFolder = (access: FolderAccess, signal: AbortSignal) => Promise<MailFolder>;
