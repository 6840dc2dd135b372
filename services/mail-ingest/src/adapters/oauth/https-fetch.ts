import { Agent, request } from 'node:https';
import type { CustomFetch } from 'openid-client';
import { AUTHORITY_ANSWER_BYTES_MAX, AUTHORITY_CONNECTIONS_MAX } from '../../limits.js';
import { trusting } from '@inkpost/server-connection/trusted-authority.js';

/**
 * `fetch` over https alone that trusts `certificates` (PEM; empty: none) besides the system's, which Node's own can't be told. Follows
 * no redirects, and reads no answer longer than an authority's are. Keeps no connections: one that was closed just when it is used
 * again leaves open whether a refresh token was taken.
 */
export function httpsFetch(certificates: string): CustomFetch {
  const agent = new Agent({ keepAlive: false, maxSockets: AUTHORITY_CONNECTIONS_MAX, ...trusting(certificates) });
  return (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const sent = request(url, { agent, method, headers, ...(signal ? { signal } : {}) });
      sent.on('error', reject);
      sent.on('response', (response) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        response.on('error', reject);
        response.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > AUTHORITY_ANSWER_BYTES_MAX) response.destroy(new Error('its answer is too long'));
          else pieces.push(piece);
        });
        response.on('end', () => {
          const { statusCode: status = 500, headers: { 'content-type': type = '' } } = response;
          resolve(new Response(status === 204 || status === 304 ? null : Buffer.concat(pieces), { status, headers: { 'content-type': type } }));
        });
      });
      sent.end(textOf(body));
    });
}

/** openid-client sends forms and texts alone. */
function textOf(body: unknown): string | undefined {
  if (body === undefined || body === null) return undefined;
  if (typeof body === 'string') return body;
  if (body instanceof URLSearchParams) return body.toString();
  throw new TypeError('a body of this kind is not sent to an authority');
}
