import { type IncomingMessage, request } from 'node:http';
import { isIPv6 } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CauseDown } from '@inkpost/failure/failure.js';
import { SERVER_ANSWER_BYTES_MAX } from './limits.js';
import { fault } from './run-steps.js';
import type { ServerAgent } from './server-agent.js';
import { shownText } from './shown-text.js';

const QUOTED_MAX = 300;
const CUT = 'The server ended the connection: are port and the choice of a secure connection right?';

export interface ServerRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /** Of a session there. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** A request whose body flows; it is not repeated by itself. */
export interface StreamedRequest extends Omit<ServerRequest, 'body'> {
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
  readonly sizeBytes: number;
  /** How long all of it may take. */
  readonly withinMs: number;
}

export interface ServerAnswer {
  readonly status: number;
  /** JSON; undefined: none. */
  readonly body: unknown;
  /** Undefined: the server names no time. */
  readonly retryAfterSeconds: number | undefined;
}

/** What answers there says something that no server of this kind would: nothing that will pass by itself. */
export class StrangeAnswer extends CauseDown {
  constructor(text: string) {
    super('server.strange', text);
  }
}

/** One request and its answer within a few seconds; it may reach the server twice. Throws a `Failure`. */
export async function exchange(agent: ServerAgent, wanted: ServerRequest): Promise<ServerAnswer> {
  try {
    return await send(agent, wanted);
  } catch (error) {
    // The server ended a kept connection just when it was used. Whatever is asked here may be asked twice.
    if (error instanceof StaleConnection) return send(agent, wanted);
    throw error;
  }
}

/**
 * Sends a body as it is read. An answer that comes before its end ends the sending. Throws what `open` or its source throws, or a
 * `Failure`: then the server may have it all, or nothing.
 */
export async function exchangeStreamed(agent: ServerAgent, { open, sizeBytes, withinMs, ...wanted }: StreamedRequest): Promise<ServerAnswer> {
  const signal = AbortSignal.timeout(withinMs);
  const sent = begin(agent, wanted, { 'content-length': String(sizeBytes) }, signal);
  const answered = answerTo(sent);
  // Whichever fails first is what is told; the other must not go unheard.
  answered.catch(() => undefined);
  const watched = new WatchedSource();
  try {
    const source = Readable.from(watched.pass(await open()), { objectMode: false });
    const piped = pipeline(source, sent, { signal });
    piped.catch(() => undefined);
    const response = await Promise.race([answered, piped.then(() => answered, (error: unknown) => afterBreak(answered, error))]);
    const answer = await readAnswer(response);
    source.destroy();
    return answer;
  } catch (error) {
    // A source that breaks breaks the connection too.
    throw watched.failure ?? explained(error, signal.aborted);
  } finally {
    sent.destroy();
  }
}

/** Knows whether it was the source that failed. */
class WatchedSource {
  failure: Error | undefined;

  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* source;
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
      throw error;
    }
  }
}

/** A server that refuses a document may close before it has read it: its answer says why, the broken pipe doesn't. */
async function afterBreak(answered: Promise<IncomingMessage>, error: unknown): Promise<IncomingMessage> {
  return answered.catch(() => {
    throw error;
  });
}

class StaleConnection extends Error {}

async function send(agent: ServerAgent, { body, ...wanted }: ServerRequest): Promise<ServerAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const signal = AbortSignal.timeout(agent.callMaxMs);
  const sent = begin(agent, wanted, text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }, signal);
  try {
    const answered = answerTo(sent);
    sent.end(text);
    return await readAnswer(await answered);
  } catch (error) {
    if (!signal.aborted && sent.reusedSocket && isCut(error)) throw new StaleConnection();
    throw explained(error, signal.aborted);
  }
}

function begin(agent: ServerAgent, { method, path, token, headers = {} }: Omit<ServerRequest, 'body'>, more: Readonly<Record<string, string>>, signal: AbortSignal) {
  const { address, port } = agent.place;
  return request({
    agent, host: address, port, method, path, signal,
    headers: { host: `${isIPv6(address) ? `[${address}]` : address}:${port}`, accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers, ...more },
  });
}

function answerTo(sent: ReturnType<typeof request>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.on('response', resolve).on('error', reject);
  });
}

async function readAnswer(response: IncomingMessage): Promise<ServerAnswer> {
  const seconds = Number(response.headers['retry-after']);
  return { status: response.statusCode ?? 0, retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined, body: parse(await read(response)) };
}

function explained(error: unknown, isTooLate: boolean): unknown {
  if (isTooLate) return fault('The server does not answer in time.', error);
  if (codeOf(error).startsWith('HPE_')) return fault('What answers there does not speak HTTP as it was asked to: are port and the choice of a secure connection right?', error);
  return isCut(error) ? fault(CUT, error) : error;
}

function isCut(error: unknown): boolean {
  return ['ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > SERVER_ANSWER_BYTES_MAX) {
      response.destroy();
      throw new StrangeAnswer('What answers there says far more than was asked for: is it the right server?');
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sentence of a refusal (RFC 9457), fit to be shown; empty: it says none. */
export function readDetail(body: unknown): string {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : '';
  return typeof detail === 'string' ? shownText(detail, QUOTED_MAX) : '';
}

/** The fields of an answer. Throws a `StrangeAnswer` where it has none. */
export function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null) throw otherVersion();
  return body as Readonly<Record<string, unknown>>;
}

/** What a server says isn't what is agreed. */
export function otherVersion(): StrangeAnswer {
  return new StrangeAnswer('The server answers something else than was agreed: are both of the same version of Inkpost?');
}
