import type { IncomingMessage } from 'node:http';
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser';
import { LIMITS } from '../limits.js';
import { Problem } from './problem.js';

/** Reads a JSON body. Throws a Problem: 413, 415, or 400 that says where the text is malformed. */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers;
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(contentType)) {
    throw new Problem('not-json', contentType === '' ? 'Send the body with "Content-Type: application/json".' : 'The body must be application/json in UTF-8.');
  }
  if (encoding !== 'identity') throw new Problem('not-json', 'The body must not be compressed.');
  if (Number(length) > LIMITS.bodyBytesMax) throw tooLarge();
  return parseJson(await readText(request));
}

/** Reads what the form of a page sends: each field's text, or its texts where it has several. Throws a Problem: 413, 415, or 400. */
export async function readForm(request: IncomingMessage): Promise<Readonly<Record<string, string | readonly string[]>>> {
  const { 'content-type': contentType = '', 'content-encoding': encoding = 'identity', 'content-length': length = '0' } = request.headers;
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(contentType) || encoding !== 'identity') throw new Problem('not-a-form', 'Send it with the form of the page.');
  if (Number(length) > LIMITS.bodyBytesMax) throw tooLarge();
  const fields = new URLSearchParams(await readText(request));
  return Object.fromEntries([...new Set(fields.keys())].map((name) => {
    const values = fields.getAll(name);
    return [name, values.length === 1 ? (values[0] ?? '') : values];
  }));
}

function tooLarge(): Problem {
  return new Problem('body-too-large', `The body must have at most ${LIMITS.bodyBytesMax} bytes.`);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  // A door that takes documents too gives a whole request more time.
  const late = setTimeout(() => request.destroy(), LIMITS.requestMs);
  try {
    // Leaving the loop must not destroy the connection: the answer goes out on it.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > LIMITS.bodyBytesMax) throw tooLarge();
      chunks.push(chunk);
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    if (cause instanceof Problem) throw cause;
    throw new Problem('malformed-json', cause instanceof TypeError ? 'The body is not UTF-8.' : 'The body ended too early.', { cause });
  } finally {
    clearTimeout(late);
  }
}

/** Throws a Problem that says where the text is malformed, and never quotes it. */
export function parseJson(text: string): unknown {
  if (text.trim() === '') throw new Problem('malformed-json', 'The body is empty.');
  try {
    return JSON.parse(text);
  } catch (cause) {
    // JSON.parse quotes the text instead of naming the place, and the text may hold a password.
    throw new Problem('malformed-json', `The body is not JSON: ${firstMistake(text)}.`, { cause: cause instanceof SyntaxError ? undefined : cause });
  }
}

function firstMistake(text: string): string {
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false, allowEmptyContent: false });
  const [first] = errors;
  if (!first) return 'it is malformed';
  const before = text.slice(0, first.offset).split('\n');
  const what = printParseErrorCode(first.error).replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
  return `${what} in line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}
