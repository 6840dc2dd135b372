import { Agent, request } from 'node:https';
import { type AddressRules } from './address-rules.js';
import { guardedLookup } from './guarded-lookup.js';
import { trusting } from './trusted-authority.js';

export interface HttpsFetchOptions {
  /** PEM, trusted besides the system's; empty: none. */
  readonly certificates: string;
  readonly connectionsMax: number;
  /** What a server of this kind never needs more than. */
  readonly answerBytesMax: number;
  /** Where servers may be that an administrator named; absent: the installation named them. */
  readonly rules?: AddressRules;
}

export interface HttpsFetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** As openid-client wants it. */
export type HttpsFetch = (url: string, request: HttpsFetchRequest) => Promise<Response>;

/**
 * `fetch` over https alone that trusts one more authority than the system's, which Node's own can't be told. Follows no redirects, and reads
 * no answer longer than it should be. Keeps no connections: one that was closed just when it is used again leaves open whether a
 * token was taken.
 */
export function httpsFetch({ certificates, connectionsMax, answerBytesMax, rules }: HttpsFetchOptions): HttpsFetch {
  const agent = new Agent({ keepAlive: false, maxSockets: connectionsMax, ...trusting(certificates) });
  return async (url, { method, headers, body, signal }) => {
    const guard = rules ? guardedLookup(new URL(url).hostname.replace(/^\[|\]$/g, ''), rules) : {};
    return new Promise((resolve, reject) => {
      const sent = request(url, { agent, method, headers, ...guard, ...(signal ? { signal } : {}) });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('error', reject);
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > answerBytesMax) response.destroy(new Error('its answer is too long'));
          else pieces.push(piece);
        });
        response.on('end', () => {
          const { statusCode: status = 500, headers: { 'content-type': type = '' } } = response;
          resolve(new Response(status === 204 || status === 304 ? null : Buffer.concat(pieces), { status, headers: { 'content-type': type } }));
        });
      });
      sent.end(textOf(body));
    });
  };
}

/** openid-client sends forms and texts alone. */
function textOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('a body of this kind is not sent to an authority');
}
