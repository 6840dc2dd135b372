/** The server used for sending documents (SKY-046 to SKY-051): another installation, which holds, prints and counts what comes in here. */
export interface SendingSettings {
  /** Name or IP address. */
  readonly address: string;
  readonly port: number;
  /** HTTPS. */
  readonly secure: boolean;
  readonly account: string;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** PEM of that server's own root certificate: the only authority that is trusted, whatever name the server is reached by; empty: none. */
  readonly pinnedCertificate: string;
  /** A queue there that takes all documents; empty: the location decides, or each mailbox's own queue. */
  readonly queueId: string;
  /** A place there, `World/France/Lyon`; empty: none. */
  readonly location: string;
  /** Guests are made there of addresses that nobody there knows. */
  readonly createGuests: boolean;
}

export interface StoredSendingServer extends SendingSettings {
  readonly sealedPassword: Buffer;
  readonly changedAt: Date;
  readonly version: number;
}

/** Whose password it is, so that a sealed one moved elsewhere is refused. */
export const SENDING_PASSWORD_CONTEXT = 'sending-server-password';

/** The queue in whose place jobs stand that another server prints; no queue can be named so. */
export const SENT_QUEUE_ID = '@server';
