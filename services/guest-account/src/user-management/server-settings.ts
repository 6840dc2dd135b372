/** The server used for user management (SKY-054 to SKY-059): another installation, which keeps the guests. */
export interface ServerSettings {
  /** Name or IP address. */
  readonly address: string;
  readonly port: number;
  /** HTTPS. */
  readonly secure: boolean;
  readonly account: string;
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** The one certificate that is trusted, as Node writes it (`AB:CD:…`); empty: authorities decide. */
  readonly certificateSha256: string;
}

export interface StoredServer extends ServerSettings {
  readonly sealedPassword: Buffer;
  readonly changedAt: Date;
  readonly version: number;
}

/** Whose password it is, so that a sealed one moved elsewhere is refused. */
export const SERVER_PASSWORD_CONTEXT = 'user-management-server-password';
