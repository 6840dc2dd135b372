import { createHash } from 'node:crypto';
import { benchPdf } from './bench-pdf.js';

/** A mail with one PDF, and what must come out of the printer for it. */
export interface BenchMail {
  /** RFC 5322 with CRLF. */
  readonly raw: string;
  readonly sender: string;
  /** With its angle brackets. */
  readonly internetMessageId: string;
  /** Of the PDF, hexadecimal. */
  readonly sha256: string;
}

interface MailPlan {
  /** Part of the seed, so that two series share no document. */
  readonly series: string;
  readonly index: number;
  readonly pages: number;
  readonly sizeBytes: number;
}

export const SENDER_DOMAIN = 'senders.example';
const SENDERS = 50;

const SMALL = { sizeBytes: 20_000, pages: 1 };
const MEDIUM = { sizeBytes: 200_000, pages: 4 };
const LARGE = { sizeBytes: 2_000_000, pages: 12 };

/** 70 % small, 25 % medium, 5 % large in any twenty mails in a row. */
const MIX = [0, 1, 0, 0, 0, 1, 0, 0, 2, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0].map((size) => [SMALL, MEDIUM, LARGE][size] ?? SMALL);

/** The mails of a series in order, each made when it is asked for: together they would fill the memory. */
export function* mixedMails(series: string, count: number): Generator<BenchMail> {
  for (let index = 0; index < count; index += 1) yield makeMail({ series, index, ...(MIX[index % MIX.length] ?? SMALL) });
}

/** One mail of about this size in all, its PDF being the greater part. */
export function largeMail(series: string, mailBytes: number): BenchMail {
  // Base64 in lines of 76 makes 78 characters of 57 bytes.
  return makeMail({ series, index: 0, pages: 20, sizeBytes: Math.floor((mailBytes * 57) / 78) });
}

function makeMail({ series, index, pages, sizeBytes }: MailPlan): BenchMail {
  const name = `${series}-${String(index).padStart(4, '0')}`;
  const pdf = benchPdf({ seed: name, pages, sizeBytes });
  const sender = `person-${index % SENDERS}@${SENDER_DOMAIN}`;
  const internetMessageId = `<${name}@${SENDER_DOMAIN}>`;
  const boundary = `part-of-${name}`;
  const lines = [
    `From: Person ${index % SENDERS} <${sender}>`,
    'To: Print <print@inkpost.example>',
    `Subject: Please print ${name}`,
    `Message-ID: ${internetMessageId}`,
    'Date: Mon, 02 Mar 2026 09:00:00 +0000',
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${boundary}"`,
    '',
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    '',
    'Please print the attached document.',
    '',
    `--${boundary}`,
    `Content-Type: application/pdf; name="${name}.pdf"`,
    `Content-Disposition: attachment; filename="${name}.pdf"`,
    'Content-Transfer-Encoding: base64',
    '',
    pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n'),
    `--${boundary}--`,
    '',
  ];
  return { raw: lines.join('\r\n'), sender, internetMessageId, sha256: createHash('sha256').update(pdf).digest('hex') };
}
