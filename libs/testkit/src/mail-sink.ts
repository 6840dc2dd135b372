import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { callbackify } from 'node:util';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';

/** A mail that the sink took: envelope, raw bytes and the parsed form. */
export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly raw: Buffer;
  readonly subject: string;
  /** The plain text part; empty when there is none. */
  readonly text: string;
  readonly parsed: ParsedMail;
}

/** A real SMTP server that keeps in memory what it receives. */
export interface MailSink {
  readonly port: number;
  /** In order of arrival. */
  readonly mails: readonly ReceivedMail[];
  /** The first mail, arrived or yet to arrive, for which `isWanted` holds. @throws Error after `timeoutMs`, naming what came instead. */
  waitFor(isWanted: (mail: ReceivedMail) => boolean, timeoutMs?: number): Promise<ReceivedMail>;
  /** Answers the next `count` mails with this SMTP code after DATA (451 = try again, 550 = never) and forgets them. */
  failNext(code: number, count?: number): void;
  stop(): Promise<void>;
}

/**
 * @param port fixed for a sink that must come back at the same place; else a free one.
 * @param host 127.0.0.1 by default.
 */
export async function startMailSink(port = 0, host = '127.0.0.1'): Promise<MailSink> {
  const mails: ReceivedMail[] = [];
  const failures: number[] = [];
  const waiting = new Set<(mail: ReceivedMail) => void>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    closeTimeout: 1000,
    onData: callbackify(async (stream: Readable, session: SMTPServerSession) => {
      const raw = await buffer(stream);
      const code = failures.shift();
      if (code !== undefined) throw Object.assign(new Error('refused as the test asked for'), { responseCode: code });
      const mail = await parseMail(raw, session);
      mails.push(mail);
      for (const offer of waiting) offer(mail);
    }),
  });
  server.on('error', () => undefined); // a client that breaks off is the client's matter
  await once(server.listen(port, host), 'listening');
  const address = server.server.address();
  if (address === null || typeof address === 'string') throw new Error('the mail sink listens on no port');

  return {
    port: address.port,
    mails,
    waitFor: (isWanted, timeoutMs = 10_000) => {
      const arrived = mails.find(isWanted);
      return arrived ? Promise.resolve(arrived) : waitForMail(waiting, isWanted, timeoutMs, mails);
    },
    failNext: (code, count = 1) => {
      failures.push(...Array.from({ length: count }, () => code));
    },
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

function waitForMail(
  waiting: Set<(mail: ReceivedMail) => void>,
  isWanted: (mail: ReceivedMail) => boolean,
  timeoutMs: number,
  mails: readonly ReceivedMail[],
): Promise<ReceivedMail> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(offer);
      const came = mails.map((mail) => `"${mail.subject}" to ${mail.to.join(', ')}`).join('; ');
      reject(new Error(`no such mail within ${timeoutMs} ms; received: ${came === '' ? 'nothing' : came}`));
    }, timeoutMs);
    const offer = (mail: ReceivedMail): void => {
      if (!isWanted(mail)) return;
      clearTimeout(timer);
      waiting.delete(offer);
      resolve(mail);
    };
    waiting.add(offer);
  });
}

async function parseMail(raw: Buffer, { envelope }: SMTPServerSession): Promise<ReceivedMail> {
  const parsed = await simpleParser(raw);
  return {
    from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
    to: envelope.rcptTo.map((recipient) => recipient.address),
    raw,
    subject: parsed.subject ?? '',
    text: parsed.text ?? '',
    parsed,
  };
}
