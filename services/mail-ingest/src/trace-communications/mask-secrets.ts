import { TRACE_LINE_CHARACTERS_MAX } from '../limits.js';

const HIDDEN = '(hidden)';

/**
 * What of a line may be written down. Adapters mask by themselves what they know to be secret; this is the second net, for what
 * protocols call secret. Each keeps the words before the secret.
 */
const SECRETS: readonly RegExp[] = [
  // IMAP (RFC 9051, 6.2.3), password quoted or not, after a user quoted or not.
  /(\bLOGIN (?:"(?:[^"\\]|\\.)*"|\S+) ).+/gi,
  // SASL in IMAP, POP3 and SMTP: an initial response follows the mechanism (RFC 4959, RFC 5034, RFC 4954).
  /(\bAUTH(?:ENTICATE)? [A-Z0-9_-]+ )(?!\*).+/gi,
  // A response in a line of its own.
  /^(C: )[A-Za-z0-9+/]{12,}={0,2}$/g,
  // POP3 (RFC 1939): the rest of the line is the password, or a digest of it.
  /(\bPASS ).+/gi,
  /(\bAPOP \S+ ).+/gi,
  // HTTP (RFC 9110, 11.4; RFC 6750) and what Graph or an authority say in JSON or forms.
  /(\bauthorization["']?\s*[:=]\s*["']?)[^\r\n"']+/gi,
  /(\bBearer )[^\s"',;]+/gi,
  // Inkpost's own sentence "… refused the user name or the password: …" goes on with the server's words.
  /(["']?\b(?:access_token|refresh_token|id_token|client_secret|client_assertion|code|code_verifier|device_code|(?<!user name or the )password|assertion)["']?\s*[:=]\s*["']?)[^"'&\s,}]+/gi,
  /(\bInkpost-Canary:\s*).+/gi,
];

/** A base64 text so long that it is a token or a piece of content; a JSON Web Token with its dots too. */
const LONG_BASE64 = /[A-Za-z0-9+/_-]{24,}(?:\.[A-Za-z0-9+/_-]{8,})*={0,2}/g;
const LONG_BASE64_MIN = 64;

/** A line of a conversation as it may be kept: on one line, without secrets, not too long. */
export function maskSecrets(line: string): string {
  const shown = line.slice(0, TRACE_LINE_CHARACTERS_MAX * 2).replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trimEnd();
  const masked = SECRETS.reduce((text, secret) => text.replaceAll(secret, `$1${HIDDEN}`), shown).replaceAll(LONG_BASE64, (text) => (text.length < LONG_BASE64_MIN ? text : HIDDEN));
  return masked.length <= TRACE_LINE_CHARACTERS_MAX ? masked : `${masked.slice(0, TRACE_LINE_CHARACTERS_MAX).toWellFormed()}… (${line.length} characters)`;
}
