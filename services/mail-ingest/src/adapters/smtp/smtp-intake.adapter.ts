import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import type { ListenAddress } from '@inkpost/config/variables.js';
import { asFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { AuthenticateSender } from '../../authenticate-sender/authenticate-sender.js';
import type { SmtpClient } from '../../authenticate-sender/measure-sender.js';
import { MAIL_BYTES_MAX, SMTP_CLIENTS_MAX, SMTP_CLOSE_MAX_MS, SMTP_RECIPIENTS_MAX, SMTP_SILENCE_MAX_MS } from '../../limits.js';
import type { ReceivingMailbox } from '../../mailboxes/mailbox.js';
import type { ReceiveMessage } from '../../receive-message/receive-message.js';
import type { IncomingMail, Reception } from '../../receive-message/incoming-mail.js';
import { safeText } from '../../receive-message/safe-text.js';
import type { SmtpConversations } from '../../trace-communications/smtp-conversations.js';
import { copyStream } from './copy-stream.js';

export interface SmtpTls {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/** Finds the enabled smtp mailbox with this canonical address. */
export type FindRecipient = (address: string) => Promise<ReceivingMailbox | undefined>;

const ADDRESS_SHOWN_MAX = 320;

/** Mail servers deliver to Inkpost directly (RFC 5321): 250 only once a mail is durable, 4xx when it can't be made so. */
export class SmtpIntake implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly server: SMTPServer;
  /** Of each connection, the mailboxes of the mail that it is about to send, by address as it was given. */
  private readonly recipients = new WeakMap<SMTPServerSession, Map<string, ReceivingMailbox>>();

  constructor(
    private readonly listen: ListenAddress,
    tls: SmtpTls | undefined,
    private readonly findRecipient: FindRecipient,
    private readonly receive: ReceiveMessage,
    private readonly authenticate: AuthenticateSender,
    private readonly log: Log,
    private readonly conversations: SmtpConversations,
  ) {
    this.server = new SMTPServer({
      ...serverOptions(tls),
      logger: conversations.logger,
      onRcptTo: callbackify((address: SMTPServerAddress, session: SMTPServerSession) => this.acceptRecipient(address, session)),
      onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) => this.takeIn(stream, session)),
    });
    // Clients that break off are their own matter.
    this.server.on('error', (error) => this.log.debug('smtp connection failed', { error }));
  }

  /** Throws when the port is taken: the service doesn't start. */
  async onApplicationBootstrap(): Promise<void> {
    const { host, port } = this.listen;
    this.server.listen(port, host);
    await once(this.server.server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new Error(`Port ${port} on ${host} is taken: is another mail server running? INKPOST_SMTP_LISTEN chooses another one.`, { cause: error }) : error;
    });
    this.log.info('smtp listening', { host, port: (this.server.server.address() as AddressInfo).port });
  }

  async onModuleDestroy(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  private async acceptRecipient({ address }: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    const canonical = parseMailAddress(address)?.text;
    const mailbox = canonical === undefined ? undefined : await this.findRecipient(canonical).catch((error: unknown) => {
      throw this.refusal(error);
    });
    if (!mailbox) throw smtpError(550, 'No such mailbox here');
    this.conversations.name(session.id, mailbox.id);
    const known = this.recipients.get(session) ?? new Map<string, ReceivingMailbox>();
    this.recipients.set(session, known.set(address.toLowerCase(), mailbox));
  }

  /** Gives the text of the 250. */
  private async takeIn(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const { rcptTo } = session.envelope;
    const known = this.recipients.get(session);
    const mailboxes = new Map(rcptTo.flatMap(({ address }) => known?.get(address.toLowerCase()) ?? []).map((mailbox) => [mailbox.id, mailbox]));
    if (mailboxes.size === 0) throw smtpError(554, 'No valid recipients');
    const receptions = await this.receiveAll(stream, [...mailboxes.values()], session).catch((error: unknown) => {
      stream.destroy();
      throw this.refusal(error);
    });
    if (receptions.some(({ outcome }) => outcome === 'refused')) throw smtpError(552, `The mail is larger than ${MAIL_BYTES_MAX / 1024 / 1024} MB`);
    return `Taken in as ${receptions.map(({ messageId }) => messageId).join(' ')}`;
  }

  /** A mail to several mailboxes is one message in each: its documents become jobs of their own. Its sender is measured once, side by side. */
  private async receiveAll(stream: SMTPServerDataStream, mailboxes: readonly ReceivingMailbox[], session: SMTPServerSession): Promise<Reception[]> {
    const client = clientOf(session);
    const isMeasured = await this.authenticate.isMeasured(client, mailboxes);
    const copies = copyStream(stream, mailboxes.length + (isMeasured ? 1 : 0));
    const measured = isMeasured ? this.authenticate.measure(copies.at(-1) ?? stream, client) : Promise.resolve(undefined);
    return Promise.all(mailboxes.map((mailbox, index) => this.receive.receive({ ...incomingMail(mailbox, copies[index] ?? stream, session), smtp: { client, measured } })));
  }

  /** Whatever goes wrong here, the mail stays with the client, who tries again. */
  private refusal(error: unknown): Error {
    const failure = asFailure(error);
    if (failure instanceof TransientFailure) this.log.warning('mail not taken in, the client tries again', { error: failure });
    else this.log.error('mail not taken in, a person must look at it', { error: failure });
    return smtpError(451, 'The mail can\'t be taken in now, please try again later');
  }
}

function serverOptions(tls: SmtpTls | undefined): SMTPServerOptions {
  return {
    size: MAIL_BYTES_MAX,
    authOptional: true,
    disabledCommands: tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...(tls ? { cert: tls.certificate, key: tls.key } : {}),
    // A name that is slow to look up would delay every mail.
    disableReverseLookup: true,
    maxClients: SMTP_CLIENTS_MAX,
    maxRecipients: SMTP_RECIPIENTS_MAX,
    socketTimeout: SMTP_SILENCE_MAX_MS,
    closeTimeout: SMTP_CLOSE_MAX_MS,
  };
}

function clientOf({ envelope: { mailFrom }, remoteAddress, hostNameAppearsAs }: SMTPServerSession): SmtpClient {
  return { address: remoteAddress, name: safeText(hostNameAppearsAs, ADDRESS_SHOWN_MAX), envelopeSender: mailFrom === false ? '' : safeText(mailFrom.address, ADDRESS_SHOWN_MAX) };
}

function incomingMail(mailbox: ReceivingMailbox, content: AsyncIterable<Buffer>, session: SMTPServerSession): IncomingMail {
  const { address, name, envelopeSender } = clientOf(session);
  return { mailbox, source: 'smtp', content, envelopeSender, origin: { client: address, clientName: name, protocol: session.transmissionType } };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
