import { type IncomingMessage, request } from 'node:http';
import { isIPv6 } from 'node:net';
import { SERVER_ANSWER_BYTES_MAX } from '../../limits.js';
import type { ServerSettings } from '../../user-management/server-settings.js';
import { ServerTrouble } from '../../user-management/server-status.js';
import type { WscConnections } from './wsc-connections.js';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface WscRequest {
  readonly method: Method;
  readonly path: string;
  readonly token?: string;
  readonly body?: object;
}

export interface WscAnswer {
  readonly status: number;
  /** JSON; undefined: none. */
  readonly body: unknown;
  /** Undefined: the server names no time. */
  readonly retryAfterSeconds: number | undefined;
}

/** One request and its answer within a few seconds. Throws a `Failure`. */
export async function exchange(agent: WscConnections, place: Pick<ServerSettings, 'address' | 'port'>, wanted: WscRequest): Promise<WscAnswer> {
  try {
    return await send(agent, place, wanted);
  } catch (error) {
    // The server ended a kept connection just when it was used. Whatever is asked here may be asked twice.
    if (error instanceof StaleConnection) return send(agent, place, wanted);
    throw error;
  }
}

class StaleConnection extends Error {}

async function send(agent: WscConnections, { address, port }: Pick<ServerSettings, 'address' | 'port'>, { method, path, token, body }: WscRequest): Promise<WscAnswer> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const signal = AbortSignal.timeout(agent.callMaxMs);
  const sent = request({
    agent, host: address, port, method, path, signal,
    headers: {
      host: `${isIPv6(address) ? `[${address}]` : address}:${port}`, accept: 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    },
  });
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      sent.on('response', resolve).on('error', reject).end(text);
    });
    const seconds = Number(response.headers['retry-after']);
    return { status: response.statusCode ?? 0, retryAfterSeconds: Number.isFinite(seconds) && seconds > 0 ? seconds : undefined, body: parse(await read(response)) };
  } catch (error) {
    if (signal.aborted) throw new ServerTrouble('connection-failed', 'The server does not answer in time.', error);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (sent.reusedSocket && (code === 'ECONNRESET' || code === 'EPIPE')) throw new StaleConnection();
    if (code.startsWith('HPE_')) throw new ServerTrouble('connection-failed', 'What answers there does not speak HTTP as it was asked to: are port and the choice of a secure connection right?', error);
    if (code === 'ECONNRESET' || code === 'EPIPE') throw new ServerTrouble('connection-failed', 'The server ended the connection: are port and the choice of a secure connection right?', error);
    throw error;
  }
}

async function read(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > SERVER_ANSWER_BYTES_MAX) {
      response.destroy();
      throw new ServerTrouble('unknown-error', 'What answers there says far more than was asked for: is it the server for user management?');
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
