import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { IDLE_CONNECTION_MS } from './limits.js';
import { trusting } from './trusted-authority.js';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON, unless a header says otherwise. */
  readonly body?: string;
  readonly signal: AbortSignal;
  /** How long the server may be silent before its answer. */
  readonly silenceMaxMs: number;
}

/** HTTPS connections, kept open between requests. `authorities`: PEM, trusted besides the system's; empty ones are none. */
export function makeAgent(...authorities: readonly string[]): Agent {
  // As a context: given as `ca`, all certificates would become part of every connection's name in the agent.
  return new Agent({ keepAlive: true, timeout: IDLE_CONNECTION_MS, ...trusting(authorities.filter((pem) => pem !== '').join('\n')) });
}

/** Resolves with the head of the answer; its body is still to be read, or to be destroyed. Throws node's errors of connections. */
export async function exchange(agent: Agent, wanted: HttpRequest): Promise<IncomingMessage> {
  try {
    return await send(agent, wanted);
  } catch (error) {
    // The server ended a kept connection just when it was used: that says nothing about the request.
    if (error instanceof StaleConnection) return send(agent, wanted);
    throw error;
  }
}

class StaleConnection extends Error {}

function send(agent: Agent, { method, url, headers, body, signal, silenceMaxMs }: HttpRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, agent, signal, headers: { ...length, ...headers } });
    const silence = setTimeout(() => sent.destroy(silent()), silenceMaxMs);
    sent.on('response', (response) => {
      clearTimeout(silence);
      // Whoever reads the body hears of its errors; whoever doesn't, needn't.
      response.on('error', () => undefined);
      resolve(response);
    });
    sent.on('error', (error) => {
      clearTimeout(silence);
      reject(sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET' ? new StaleConnection() : error);
    });
    sent.end(body);
  });
}

/** The body as it comes. Throws when it is cut off, or when the server falls silent; the time that the reader takes doesn't count. */
export async function* readBody(response: IncomingMessage, silenceMaxMs: number): AsyncGenerator<Buffer, void, undefined> {
  const watch = (): NodeJS.Timeout => setTimeout(() => response.destroy(silent()), silenceMaxMs);
  let silence = watch();
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      clearTimeout(silence);
      yield chunk;
      silence = watch();
    }
  } finally {
    clearTimeout(silence);
  }
}

/** How long to wait in ms, of seconds or a date (RFC 9110, 10.2.3); undefined: nothing is said. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const at = /^\d+$/.test(header.trim()) ? now + Number(header) * 1_000 : Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(at - now, 0);
}

function silent(): Error {
  return Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' });
}
