import type { SourceAccess } from './mail-source.port.js';

/** A mailbox that was signed in to, only to be looked at: nothing in it changes. All methods throw a `Failure` that says what is wrong. */
export interface ProbedMailbox {
  /** Opens its folder for reading. Gives what to say of it, in a sentence. Throws `FOLDER_MISSING`. */
  openFolder(): Promise<string>;
  /** Whether processed mails can be treated as the mailbox wants. Gives what to say of it, in a sentence. */
  checkPermissions(): Promise<string>;
  /** Ends all that waits. */
  close(): Promise<void>;
}

/** Connects and signs in. Throws the failures of `OpenSource`. */
export type ProbeMailbox = (access: SourceAccess, signal: AbortSignal) => Promise<ProbedMailbox>;
