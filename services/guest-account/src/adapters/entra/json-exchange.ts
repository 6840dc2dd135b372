import type { IncomingHttpHeaders } from 'node:http';
import type { Agent } from 'node:https';
import { CauseDown } from '@inkpost/failure/failure.js';
import { certificateReason } from '@inkpost/server-connection/certificate-reason.js';
import { exchange, type HttpRequest, readBody } from '@inkpost/server-connection/https-exchange.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { GRAPH_ANSWER_BYTES_MAX } from '../../limits.js';

/** An answer, whatever its status. */
export interface JsonAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: the body is no JSON. */
  readonly json: unknown;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is unknown here',
  EAI_AGAIN: 'its name can\'t be looked up now',
  ECONNREFUSED: 'it refuses connections',
  EHOSTUNREACH: 'there is no way to it',
  ENETUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer in time',
  ABORT_ERR: 'it does not answer in time',
};
const CERTIFICATE_CODES = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;

/** Sends a request and reads its JSON. `server`: in a sentence, `Microsoft Graph`. Throws `CauseDown` where nothing, or not all, comes back. */
export async function exchangeJson(agent: Agent, server: string, wanted: HttpRequest): Promise<JsonAnswer> {
  try {
    const response = await exchange(agent, wanted);
    const { statusCode: status = 0, headers } = response;
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    try {
      for await (const chunk of readBody(response, wanted.silenceMaxMs)) {
        sizeBytes += chunk.length;
        if (sizeBytes > GRAPH_ANSWER_BYTES_MAX) throw fault(`${server} (${wanted.url.host}) gives an answer that is too long.`);
        chunks.push(chunk);
      }
    } finally {
      // Read to its end it does nothing, and the connection is kept.
      response.destroy();
    }
    return { status, headers, json: parsed(Buffer.concat(chunks).toString('utf8')) };
  } catch (error) {
    throw error instanceof CauseDown ? error : unreachable(server, wanted.url.host, error);
  }
}

/** A member of a JSON object; undefined where it isn't there, or isn't one. */
export function member(json: unknown, name: string): unknown {
  return typeof json === 'object' && json !== null ? Reflect.get(json, name) : undefined;
}

/** Empty: no text is there. */
export function textIn(json: unknown, name: string): string {
  const value = member(json, name);
  return typeof value === 'string' ? value : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function unreachable(server: string, host: string, error: unknown): CauseDown {
  const code = codeOf(error);
  // Neither the request nor its body become a cause, which is logged: a secret may be in it.
  if (error instanceof Error && CERTIFICATE_CODES.test(code)) return fault(`The certificate of ${server} (${host}) is not trusted: ${certificateReason(error)}.`.replace(/\?\.$/, '?'));
  const reason = REASONS[code] ?? (code.startsWith('ERR_SSL') || code === 'EPROTO' ? 'there is no TLS with it' : 'it ended the connection');
  return fault(`${server} (${host}) can't be reached: ${reason}.`);
}

function codeOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'ETIMEDOUT';
  if (!(error instanceof Error) || !('code' in error)) return '';
  // Several addresses of a name were tried: the first one's fate says it.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]) || String(error.code);
  return String(error.code);
}
