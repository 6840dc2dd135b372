import type { JsonValue } from '@bufbuild/protobuf';
import type { MeasuredSender, SmtpClient } from '../authenticate-sender/measure-sender.js';
import type { JudgedSender } from '../authenticate-sender/sender-authentication.js';
import type { MailboxKind, ReceivingMailbox } from '../mailboxes/mailbox.js';
import type { Header } from './read-mail/header.js';

/** Where a mail lies on its server. */
export interface MailPlace {
  /** login@host/folder. */
  readonly folder: string;
  readonly epoch: string;
  readonly key: string;
  /** The mail keeps its key wherever it is moved. */
  readonly lasting: boolean;
  /** Nothing is to be done with it on the server any more. */
  readonly settled: boolean;
}

/** A mail as it was transferred. */
export interface RawMail {
  readonly sizeBytes: number;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
}

/** A mail as a source gives it. */
export interface IncomingMail {
  readonly mailbox: ReceivingMailbox;
  readonly source: MailboxKind;
  /** As it was transferred. Read once, to its end. */
  readonly content: AsyncIterable<Buffer>;
  /** What the source knows of where it comes from: evidence for the journey. */
  readonly origin: Readonly<Record<string, JsonValue>>;
  /** Of SMTP; empty for the null sender. */
  readonly envelopeSender?: string;
  /** Of SMTP: who brought it, and what was found out about its sender while it came. Never rejects. */
  readonly smtp?: { readonly client: SmtpClient; readonly measured: Promise<MeasuredSender | undefined> };
  /** Of a fetched mail: recorded with it, so that it is known without being fetched again. */
  readonly place?: MailPlace;
}

export interface Reception {
  /** refused: too large, and whoever sent it waits for the answer. canary: a mail of our own, which goes no further. */
  readonly outcome: 'recorded' | 'taken-before' | 'refused' | 'canary';
  readonly messageId: string;
}

/** Records a mail that Inkpost sent to itself to see whether it comes in; undefined: it is a mail like any other. */
export type TakeCanary = (mail: IncomingMail, header: Header, raw: RawMail) => Promise<Reception | undefined>;

/** The verdict on who sent a mail. Throws a `CauseDown` where it is required and can't be found out now. */
export type JudgeSender = (mail: IncomingMail, header: Header) => Promise<JudgedSender>;
