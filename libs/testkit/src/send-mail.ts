import { createTransport } from 'nodemailer';

export interface MailToSend {
  /** Where the SMTP server listens. Host 127.0.0.1 by default. */
  readonly port: number;
  readonly host?: string;
  readonly from: string;
  readonly to: string | readonly string[];
  readonly subject?: string;
  readonly text?: string;
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly attachments?: readonly {
    readonly filename: string;
    readonly content: Buffer;
    /** `application/pdf` by default. */
    readonly contentType?: string;
  }[];
  /** The whole mail (RFC 5322) in place of subject, text, headers and attachments. */
  readonly raw?: string | Buffer;
}

/** Message-ID as it was sent, and the server's final reply (`250 2.0.0 …`). */
export interface SentMail {
  readonly messageId: string;
  readonly reply: string;
}

/** Sends over plain SMTP. @throws nodemailer's Error with `responseCode` when the server refuses. */
export async function sendMail(mail: MailToSend): Promise<SentMail> {
  const { port, host = '127.0.0.1', from, raw } = mail;
  const to = typeof mail.to === 'string' ? [mail.to] : [...mail.to];
  const transport = createTransport({ host, port, ignoreTLS: true });
  try {
    const sent = await transport.sendMail(raw === undefined ? { from, to, ...content(mail) } : { envelope: { from, to }, raw });
    return { messageId: sent.messageId, reply: sent.response };
  } finally {
    transport.close();
  }
}

/** The bytes of a mail, to be sent again as a mail server does: the same Message-ID, the same bytes. */
export async function composeMail(mail: Omit<MailToSend, 'port' | 'host' | 'raw'>): Promise<{ readonly raw: Buffer; readonly messageId: string }> {
  const to = typeof mail.to === 'string' ? [mail.to] : [...mail.to];
  const composed = await createTransport({ streamTransport: true, buffer: true }).sendMail({ from: mail.from, to, ...content({ ...mail, port: 0 }) });
  if (!Buffer.isBuffer(composed.message)) throw new Error('nodemailer gave a stream in place of a buffer');
  return { raw: composed.message, messageId: composed.messageId };
}

function content({ subject, text, messageId, headers, attachments = [] }: MailToSend) {
  return {
    subject: subject ?? 'Please print',
    text: text ?? '',
    ...(messageId !== undefined && { messageId }),
    ...(headers && { headers: { ...headers } }),
    attachments: attachments.map((file) => ({ contentType: 'application/pdf', ...file })),
  };
}
