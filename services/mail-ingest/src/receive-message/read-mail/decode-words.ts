import { decodeCharset } from './decode-charset.js';
import { decodeEscapes } from './decode-escapes.js';

/** An encoded word (RFC 2047, 2, with the language of RFC 2231, 5); its text may hold what only broken programs put there: spaces, question marks. */
const WORD = /=\?([^?*\s]{1,60})(?:\*[^?\s]{0,60})?\?([bq])\?((?:[^?]|\?(?!=))*)\?=/gi;

/**
 * Encoded words to text; what is none stays as it is. Adjacent words of one character set are decoded as one, since some programs
 * cut within a letter.
 */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  const decoded: string[] = [];
  let run: { readonly charset: string; readonly bytes: Buffer[] } | undefined;
  let at = 0;
  const endRun = (): void => {
    if (run) decoded.push(decodeCharset(Buffer.concat(run.bytes), run.charset));
    run = undefined;
  };
  for (const { 0: word, 1: charset = '', 2: encoding = '', 3: encoded = '', index } of text.matchAll(WORD)) {
    const between = text.slice(at, index);
    // White space between two words isn't content (RFC 2047, 6.2).
    const adjacent = at > 0 && /^[ \t\r\n]*$/.test(between);
    if (!adjacent || run?.charset !== charset.toLowerCase()) endRun();
    if (!adjacent) decoded.push(between);
    run ??= { charset: charset.toLowerCase(), bytes: [] };
    run.bytes.push(encoding.toLowerCase() === 'b' ? decodeB(encoded) : decodeEscapes(encoded.replaceAll('_', ' '), '='));
    at = index + word.length;
  }
  endRun();
  return decoded.join('') + text.slice(at);
}

/** Padding may stand within: some programs join what they encoded piece by piece. */
function decodeB(encoded: string): Buffer {
  return Buffer.concat(encoded.split(/=+/).map((piece) => Buffer.from(piece, 'base64')));
}
