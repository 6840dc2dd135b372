import { asFailure, CauseDown, type Failure, TransientFailure } from '@inkpost/failure/failure.js';
import { ANSWER_LENGTH_MAX } from '../limits.js';
import type { Delivery } from '../ports/mail-server.port.js';

/** An error of nodemailer, as far as it counts here. */
interface SmtpError extends Error {
  readonly code?: string;
  /** Of the reply, 400 to 599; absent when the server never answered. */
  readonly responseCode?: number;
  readonly response?: string;
  /** The command in whose answer it came: CONN, EHLO, STARTTLS, AUTH …, MAIL FROM, RCPT TO, DATA; API: nodemailer refused by itself. */
  readonly command?: string;
}

/** RFC 5321, 4.2.2: the server closes its door. Whatever it was asked, it says nothing about the mail. */
const SERVICE_CLOSING = 421;
/** Commands whose answer is about this mail and its recipient; all others are about the server and us. */
const ABOUT_THE_MAIL = new Set(['RCPT TO', 'DATA']);
const AUTHENTICATION_WANTED = new Set([530, 534, 535, 538]);
/** Nodemailer found that this mail can't be sent through this server: an address with letters that it doesn't know (RFC 6531). */
const REFUSED_UNSENT = new Set(['EENVELOPE', 'EMESSAGE']);

/**
 * What an SMTP error means: a recipient who is refused for good is a result; everything else is a failure, by who is the cause
 * (RFC 5321, 4.2.1: 4yz try again, 5yz never; only the answers to RCPT TO and DATA speak of the recipient).
 */
export function judgeSmtpError(error: unknown, server: string, confidential: readonly string[]): Delivery | Failure {
  if (!(error instanceof Error)) return asFailure(error);
  const { code, responseCode, response, command = '' }: SmtpError = error;
  const answer = publicAnswer(response ?? error.message, confidential);
  if (code === 'EABORT') return new TransientFailure('notification.given-up', 'The mail server took too long.', { cause: error });
  if (responseCode === undefined) {
    if (code !== undefined && REFUSED_UNSENT.has(code) && command === 'API') return { delivered: false, answer };
    return new CauseDown('notification.mail-server-unreachable', `The mail server ${server} can't be reached: ${answer}`, { cause: error });
  }
  // From here on without the error itself: it bears the server's words as they came.
  if (!ABOUT_THE_MAIL.has(command) || responseCode === SERVICE_CLOSING || AUTHENTICATION_WANTED.has(responseCode)) {
    return new CauseDown('notification.mail-server-refuses', `The mail server ${server} refuses: ${answer}`);
  }
  if (responseCode >= 500) return { delivered: false, answer };
  return new TransientFailure('notification.mail-server-busy', `The mail server ${server} says to try again: ${answer}`);
}

/** What a server said, in one line, not longer than a journey should be, and without what it may have quoted. */
export function publicAnswer(text: string, confidential: readonly string[]): string {
  const hidden = confidential.reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
  return hidden.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim().slice(0, ANSWER_LENGTH_MAX);
}
