import { ImapFlow } from 'imapflow';
import { type DovecotOptions, type DovecotServer, type MailUser, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import type { SourceProtocol } from '../mailboxes/mailbox.js';
import type { SourcePlace } from '../ports/mail-source.contract.js';
import type { SourceAccess } from '../ports/mail-source.port.js';
import { TcpRelay } from '../tcp-relay.harness.js';

const ACCOUNTS = 40;

/** Accounts of one Dovecot, each used once, reached through networks that can be cut. */
export class DovecotPlaces {
  private readonly relays: TcpRelay[] = [];
  private used = 0;

  private constructor(
    readonly dovecot: DovecotServer,
    private readonly users: readonly MailUser[],
  ) {}

  static async start(options: Omit<DovecotOptions, 'users'> = {}): Promise<DovecotPlaces> {
    const users = Array.from({ length: ACCOUNTS }, (_, index) => ({ address: `user${index}@inkpost.test`, password: `Secret-of-user-${index}` }));
    return new DovecotPlaces(await startDovecot({ users, ...options }), users);
  }

  async makePlace(protocol: SourceProtocol, own: Partial<SourceAccess> = {}): Promise<SourcePlace & { readonly relay: TcpRelay }> {
    const user = this.users[this.used];
    if (!user) throw new Error('all accounts are used');
    this.used += 1;
    const relay = await TcpRelay.to(own.port ?? (protocol === 'pop3' ? this.dovecot.pop3Port : this.dovecot.imapPort));
    this.relays.push(relay);
    const access: SourceAccess = {
      mailboxId: user.address, protocol, host: '127.0.0.1', tls: 'none', user: user.address, folder: 'INBOX', certificateAuthority: '',
      signIn: { kind: 'password', password: user.password }, afterProcessing: 'keep', processedFolder: '', ...own, port: relay.port,
    };
    return {
      access,
      relay,
      secret: user.password,
      add: async (...mails) => {
        await this.asOwner(user, async (client) => {
          for (const raw of mails) await client.append('INBOX', raw);
        });
      },
      clear: async () => {
        await this.asOwner(user, async (client) => {
          await client.mailboxOpen('INBOX');
          await client.messageDelete('1:*');
        });
      },
      mailsThere: () => this.asOwner(user, mailsThere),
      cut: async () => relay.cut(),
    };
  }

  /** Does something in an account, as its owner with another program. */
  async asOwner<T>({ address, password }: MailUser, work: (client: ImapFlow) => Promise<T>): Promise<T> {
    const client = new ImapFlow({ host: '127.0.0.1', port: this.dovecot.imapPort, secure: false, doSTARTTLS: false, auth: { user: address, pass: password }, logger: false });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.logout();
    }
  }

  async stop(): Promise<void> {
    for (const relay of this.relays) await relay.close();
    await this.dovecot.remove();
  }
}

async function mailsThere(client: ImapFlow) {
  const found = [];
  for (const { path } of await client.list()) {
    const { exists } = await client.mailboxOpen(path, { readOnly: true });
    const mails = exists === 0 ? [] : await client.fetchAll('1:*', { envelope: true, flags: true });
    for (const { envelope, flags } of mails) found.push({ folder: path, subject: envelope?.subject ?? '', flagged: flags?.has('\\Seen') === true && flags.has('$InkpostDone') });
  }
  return found;
}
