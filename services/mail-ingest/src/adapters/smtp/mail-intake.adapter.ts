import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import { SMTPServer, type SMTPServerAddress, type SMTPServerDataResult, type SMTPServerDataStream, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { asFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { AuthenticateSender } from '../../authenticate-sender/authenticate-sender.js';
import type { SmtpClient } from '../../authenticate-sender/measure-sender.js';
import { MAIL_BYTES_MAX, SMTP_CLIENTS_MAX, SMTP_CLIENTS_OF_ONE_ADDRESS_MAX, SMTP_CLOSE_MAX_MS, SMTP_RECIPIENTS_MAX, SMTP_SILENCE_MAX_MS } from '../../limits.js';
import type { ReceivingMailbox } from '../../mailboxes/mailbox.js';
import type { ReceiveMessage } from '../../receive-message/receive-message.js';
import type { IncomingMail, Reception } from '../../receive-message/incoming-mail.js';
import { safeText } from '../../receive-message/safe-text.js';
import type { SmtpConversations } from '../../trace-communications/smtp-conversations.js';
import { copyStream } from './copy-stream.js';
import type { IntakeListener } from './intake-listener.js';

/** What mails that come in are given to. */
export interface IntakeServices {
  /** Finds the enabled smtp mailbox with this canonical address. */
  readonly findRecipient: (address: string) => Promise<ReceivingMailbox | undefined>;
  readonly receive: ReceiveMessage;
  readonly authenticate: AuthenticateSender;
  readonly conversations: SmtpConversations;
  readonly log: Log;
}

const ADDRESS_SHOWN_MAX = 320;

/**
 * Mail servers deliver to Inkpost directly, by SMTP (RFC 5321) or LMTP (RFC 2033): 250 only once a mail is durable, 4xx when it can't
 * be made so. By LMTP each recipient has an answer of its own.
 */
export class MailIntake {
  private readonly server: SMTPServer;
  /** Of each connection, the mailboxes of the mail that it is about to send, by address as it was given. */
  private readonly recipients = new WeakMap<SMTPServerSession, Map<string, ReceivingMailbox>>();

  constructor(
    private readonly listener: IntakeListener,
    private readonly services: IntakeServices,
  ) {
    this.server = new SMTPServer({
      ...serverOptions(listener),
      logger: services.conversations.logger,
      onConnect: callbackify((session: SMTPServerSession) => this.admit(session)),
      onRcptTo: callbackify((recipient: SMTPServerAddress, session: SMTPServerSession) => this.acceptRecipient(recipient, session)),
      onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) => this.takeIn(stream, session)),
    });
    // Clients that break off are their own matter.
    this.server.on('error', (error) => services.log.debug('mail client failed', { error }));
  }

  /** Throws when the port is taken. */
  async open(): Promise<void> {
    const { protocol, listen: { host, port }, setting } = this.listener;
    this.server.listen(port, host);
    await once(this.server.server, 'listening').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EADDRINUSE' ? new Error(`Port ${port} on ${host} is taken: is another mail server running? ${setting} chooses another one.`, { cause: error }) : error;
    });
    this.services.log.info('mail intake listening', { protocol, host, port: (this.server.server.address() as AddressInfo).port });
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  private get isLmtp(): boolean {
    return this.listener.protocol === 'lmtp';
  }

  /** One client may not take all connections, but a mail server in front may: all mails come from it. */
  private async admit({ id, remoteAddress }: SMTPServerSession): Promise<void> {
    if (this.isLmtp) return;
    // In the order in which they came: of many at once the first ones stay.
    const ofClient = [...this.server.connections].filter((connection) => connection.remoteAddress === remoteAddress);
    if (ofClient.findIndex((connection) => connection.id === id) < SMTP_CLIENTS_OF_ONE_ADDRESS_MAX) return;
    const isRelay = await this.services.authenticate.isTrustedRelay(remoteAddress).catch((error: unknown) => {
      throw Object.assign(this.refusal(error), { responseCode: 421 });
    });
    if (!isRelay) throw smtpError(421, 'Too many connections from your address, please try again in a moment');
  }

  private async acceptRecipient(recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> {
    const canonical = parseMailAddress(recipient.address)?.text;
    const mailbox = canonical === undefined ? undefined : await this.services.findRecipient(canonical).catch((error: unknown) => {
      throw this.refusal(error);
    });
    if (!mailbox) throw smtpError(550, 'No such mailbox here');
    this.services.conversations.name(session.id, mailbox.id);
    const known = this.recipients.get(session) ?? new Map<string, ReceivingMailbox>();
    this.recipients.set(session, known.set(keyOf(recipient), mailbox));
    if (this.isLmtp) keepRepeated(recipient, session);
  }

  /** Gives the text of the 250; by LMTP the answers to all recipients, in their order. */
  private async takeIn(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string | SMTPServerDataResult[]> {
    const known = this.recipients.get(session);
    const mailboxes = session.envelope.rcptTo.flatMap((recipient) => known?.get(keyOf(recipient)) ?? []);
    if (mailboxes.length === 0) throw smtpError(554, 'No valid recipients');
    const answers = await this.receiveAll(stream, [...new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox])).values()], session);
    if (this.isLmtp) return mailboxes.map(({ id }) => sayTaken([answers.get(id) ?? smtpError(451, TRY_AGAIN)]));
    const answer = sayTaken([...answers.values()]);
    if (answer instanceof Error) throw answer;
    return answer;
  }

  /** A mail to several mailboxes is one message in each: its documents become jobs of their own. Gives its id there, or why not, by mailbox. */
  private async receiveAll(stream: SMTPServerDataStream, mailboxes: readonly ReceivingMailbox[], session: SMTPServerSession): Promise<Map<string, string | Error>> {
    const { receive, authenticate } = this.services;
    const client = clientOf(session);
    const isMeasured = await authenticate.isMeasured(client, mailboxes).catch((error: unknown) => {
      stream.destroy();
      throw this.refusal(error);
    });
    const copies = copyStream(stream, mailboxes.length + (isMeasured ? 1 : 0));
    // Once for all, side by side.
    const measured = isMeasured ? authenticate.measure(copies.at(-1) ?? stream, client) : Promise.resolve(undefined);
    const receptions = await Promise.allSettled(mailboxes.map((mailbox, index) => receive.receive({ ...incomingMail(mailbox, copies[index] ?? stream, session), smtp: { client, measured } })));
    if (receptions.some(({ status }) => status === 'rejected')) stream.destroy();
    return new Map(receptions.map((reception, index) => [mailboxes[index]?.id ?? '', reception.status === 'fulfilled' ? answerTo(reception.value) : this.refusal(reception.reason)]));
  }

  /** Whatever goes wrong here, the mail stays with the client, who tries again. */
  private refusal(error: unknown): Error {
    const failure = asFailure(error);
    if (failure instanceof TransientFailure) this.services.log.warning('mail not taken in, the client tries again', { error: failure });
    else this.services.log.error('mail not taken in, a person must look at it', { error: failure });
    return smtpError(451, TRY_AGAIN);
  }
}

const TRY_AGAIN = 'The mail can\'t be taken in now, please try again later';

/** One answer to what became of a mail in several mailboxes. */
function sayTaken(answers: readonly (string | Error)[]): string | Error {
  return answers.find((answer) => answer instanceof Error) ?? `Taken in as ${answers.join(' ')}`;
}

function answerTo({ outcome, messageId }: Reception): string | Error {
  return outcome === 'refused' ? smtpError(552, `The mail is larger than ${MAIL_BYTES_MAX / 1024 / 1024} MB`) : messageId;
}

function serverOptions({ protocol, tls }: IntakeListener): SMTPServerOptions {
  return {
    // RFC 2033, 5 asks an LMTP server for enhanced status codes (RFC 2034), and for one that knows "too large" from "mailbox full".
    ...(protocol === 'lmtp' ? { lmtp: true, hideENHANCEDSTATUSCODES: false, rejectOversized: true } : {}),
    size: MAIL_BYTES_MAX,
    authOptional: true,
    disabledCommands: tls ? ['AUTH'] : ['AUTH', 'STARTTLS'],
    ...(tls ? { cert: tls.certificate, key: tls.key, secure: tls.implicit } : {}),
    // A name that is slow to look up would delay every mail.
    disableReverseLookup: true,
    maxClients: SMTP_CLIENTS_MAX,
    maxRecipients: SMTP_RECIPIENTS_MAX,
    socketTimeout: SMTP_SILENCE_MAX_MS,
    closeTimeout: SMTP_CLOSE_MAX_MS,
  };
}

function keyOf({ address }: SMTPServerAddress): string {
  return address.toLowerCase();
}

/** By LMTP one that is named twice is answered twice (RFC 2033, 4.2); smtp-server would keep it once. */
function keepRepeated(recipient: SMTPServerAddress, { envelope: { rcptTo } }: SMTPServerSession): void {
  if (!rcptTo.some((known) => keyOf(known) === keyOf(recipient))) return;
  if (rcptTo.length >= SMTP_RECIPIENTS_MAX) throw smtpError(452, 'Too many recipients');
  rcptTo.push(recipient);
}

function clientOf({ envelope: { mailFrom }, remoteAddress, hostNameAppearsAs, transmissionType }: SMTPServerSession): SmtpClient {
  const envelopeSender = mailFrom === false ? '' : safeText(mailFrom.address, ADDRESS_SHOWN_MAX);
  return { address: remoteAddress, name: safeText(hostNameAppearsAs, ADDRESS_SHOWN_MAX), envelopeSender, speaksLmtp: transmissionType.startsWith('LMTP') };
}

function incomingMail(mailbox: ReceivingMailbox, content: AsyncIterable<Buffer>, session: SMTPServerSession): IncomingMail {
  const { address, name, envelopeSender } = clientOf(session);
  return { mailbox, source: 'smtp', content, envelopeSender, origin: { client: address, clientName: name, protocol: session.transmissionType } };
}

function smtpError(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}
