import { getCACertificates } from 'node:tls';
import { callbackify } from 'node:util';
import { createTransport, type SMTPPoolOptions } from 'nodemailer';
import { Failure } from '@inkpost/failure/failure.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { connectServer, type ServerPlace } from '@inkpost/server-connection/connect-server.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { SMTP_CONNECT_TIMEOUT_MS, SMTP_CONNECTIONS_MAX, SMTP_MAILS_PER_CONNECTION_MAX, SMTP_SILENCE_TIMEOUT_MS } from '../limits.js';
import type { OutgoingMailSettings } from '../outgoing-mail/outgoing-mail-settings.js';
import type { Delivery, MailServer, MailToSend } from '../ports/mail-server.port.js';
import { judgeSmtpError, publicAnswer } from './smtp-failure.js';

/** The outgoing mail server over SMTP submission (RFC 6409), its connections kept open between mails. */
export class SmtpServer implements MailServer {
  private readonly transport;

  constructor(
    private readonly settings: OutgoingMailSettings,
    rules: AddressRules,
  ) {
    const { host, port, tls, user, password = '', certificateAuthority } = settings;
    this.transport = createTransport({
      pool: true, host, port,
      // By itself it would connect wherever the name leads.
      getSocket: socketTo({ host, port }, rules),
      secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none',
      tls: { minVersion: 'TLSv1.2', ...(certificateAuthority !== '' && { ca: [...getCACertificates('default'), certificateAuthority] }) },
      ...(user !== '' && { auth: { user, pass: password } }),
      maxConnections: SMTP_CONNECTIONS_MAX, maxMessages: SMTP_MAILS_PER_CONNECTION_MAX,
      // A server that closes every connection is a cause that is down; the flow waits for it better than the pool.
      maxRequeues: 1,
      dnsTimeout: SMTP_CONNECT_TIMEOUT_MS, connectionTimeout: SMTP_CONNECT_TIMEOUT_MS, greetingTimeout: SMTP_CONNECT_TIMEOUT_MS, socketTimeout: SMTP_SILENCE_TIMEOUT_MS,
      disableFileAccess: true, disableUrlAccess: true,
    });
  }

  async send(mail: MailToSend, signal?: AbortSignal): Promise<Delivery> {
    const { host, port, fromAddress, fromName } = this.settings;
    const { to, cc = [], displayName, subject, text, html, internetMessageId, language, autoSubmitted, confidential, headers } = mail;
    try {
      const { response } = await this.transport.sendMail({
        from: { name: fromName, address: fromAddress }, to: { name: displayName, address: to }, cc: [...cc], subject, text, html, messageId: internetMessageId,
        // Not the null sender that RFC 3834, 3.3 would like for answers: submission servers take only a sender of the account's own.
        envelope: { from: fromAddress, to: [to, ...cc] },
        headers: { 'Auto-Submitted': autoSubmitted, 'X-Auto-Response-Suppress': 'All', 'Content-Language': language, ...headers },
        ...(signal && { signal }),
      });
      return { delivered: true, answer: publicAnswer(response, confidential) };
    } catch (error) {
      const judged = judgeSmtpError(error, `${host}:${port}`, confidential);
      if (judged instanceof Failure) throw judged;
      return judged;
    }
  }

  close(): void {
    this.transport.close();
  }
}

/** Connects only where a server may be. */
function socketTo(place: ServerPlace, rules: AddressRules): NonNullable<SMTPPoolOptions['getSocket']> {
  const connect = callbackify(async () => {
    const signal = AbortSignal.timeout(SMTP_CONNECT_TIMEOUT_MS);
    try {
      return { connection: await connectServer(place, rules, SMTP_CONNECT_TIMEOUT_MS, signal) };
    } catch (error) {
      throw signal.aborted ? fault('It does not answer in time.', error) : error;
    }
  });
  return (_options, callback) => connect(callback);
}
