export const MAILBOX_KINDS = ['smtp', 'imap'] as const;
export type MailboxKind = (typeof MAILBOX_KINDS)[number];

export const TLS_CHOICES = ['implicit', 'starttls', 'none'] as const;
export type TlsChoice = (typeof TLS_CHOICES)[number];

/** What happens to a mail on its server once it is processed: flag sets \Seen and $InkpostDone. */
export const AFTER_PROCESSING = ['keep', 'flag', 'move', 'delete'] as const;
export type AfterProcessing = (typeof AFTER_PROCESSING)[number];

/** Where the mails of a mailbox are fetched (SKY-077, SKY-078). Without its password, which only its watcher opens. */
export interface ImapAccess {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsChoice;
  readonly user: string;
  readonly folder: string;
  /** PEM of an authority to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
}

interface CommonSettings {
  /** Lower case, domain in ASCII. */
  readonly address: string;
  /** The queue that its documents go to. */
  readonly queueId: string;
  readonly enabled: boolean;
}

export interface SmtpSettings extends CommonSettings {
  readonly kind: 'smtp';
}

export interface ImapSettings extends CommonSettings {
  readonly kind: 'imap';
  readonly afterProcessing: AfterProcessing;
  /** For move; else empty. */
  readonly processedFolder: string;
  readonly imap: ImapAccess;
}

export type MailboxSettings = SmtpSettings | ImapSettings;

/** How a mailbox is, as it is shown. */
export interface MailboxHealth {
  readonly state: 'listening' | 'disabled' | 'connecting' | 'connected' | 'failing';
  /** One sentence; empty when healthy. */
  readonly problem: string;
  readonly nextTryAt?: Date;
  readonly lastMessageAt?: Date;
}

export interface Mailbox {
  readonly id: string;
  readonly settings: MailboxSettings;
  readonly createdAt: Date;
}

/** What a mail needs to know of the mailbox that it came to. */
export interface ReceivingMailbox {
  readonly id: string;
  readonly address: string;
  readonly queueId: string;
}

/** What a mailbox's password is sealed for. */
export function passwordContext(mailboxId: string): string {
  return `mailbox-password/${mailboxId}`;
}
