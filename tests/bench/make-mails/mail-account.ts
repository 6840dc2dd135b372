/** A mailbox on the benchmark's Dovecot; the address is the login. */
export interface MailAccount {
  readonly address: string;
  readonly password: string;
  readonly imapPort: number;
}
