import { CauseDown } from '@inkpost/failure/failure.js';
import { readRetryAfter } from '@inkpost/server-connection/https-exchange.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { SAID_CHARACTERS_MAX } from '../../limits.js';
import { type JsonAnswer, member, textIn } from './json-exchange.js';

/** An answer of Graph that is no success (Graph, "error responses"). */
export class GraphRefused extends Error {
  readonly status: number;
  readonly code: string;
  private readonly said: string;
  private readonly requestId: string;
  /** When Graph wants to be asked again, in ms; undefined: it says nothing. */
  readonly retryAfterMs: number | undefined;

  constructor({ status, headers, json }: JsonAnswer) {
    const error = member(json, 'error');
    const code = textIn(error, 'code');
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.said = shownText([code, textIn(error, 'message')].filter((text) => text !== '').join(': '), SAID_CHARACTERS_MAX).replace(/\.$/, '');
    this.requestId = String(headers['request-id'] ?? '');
    this.retryAfterMs = readRetryAfter(headers['retry-after'], Date.now());
  }

  /** In a sentence to act on: each of them is waited for, since none is the sender's fault. */
  asFailure(): CauseDown {
    const { status, code, requestId } = this;
    return new CauseDown('server.fault', this.sentence(), { fields: { status, graphCode: code, requestId } });
  }

  private sentence(): string {
    const { status, code, said } = this;
    const saying = said === '' ? '' : ` (${said})`;
    if (isThrottled(status)) return throttledText(this.retryAfterMs ?? 0);
    if (status === 401) return `Microsoft Graph did not accept the token of the application${saying}. Compare tenantId and clientId with the app registration.`;
    if (status === 403) return `Microsoft Graph lets the application read no people${saying}. In the Entra admin center, under API permissions, add the application permissions User.Read.All and GroupMember.Read.All, and choose "Grant admin consent".`;
    if (status < 500 && code === '') return `What answers at INKPOST_GRAPH_URL is not Microsoft Graph, or a proxy is between: its answer is ${status}.`;
    return `Microsoft Graph answers with ${status}${saying}.`;
  }
}

/** The answers that ask for patience: 429, and the gateway's own. */
export function isThrottled(status: number): boolean {
  return status === 429 || status === 503 || status === 504 || status === 509;
}

export function throttled(forMs: number): CauseDown {
  return new CauseDown('server.fault', throttledText(forMs), { fields: { waitMs: Math.round(forMs) } });
}

/** Without seconds: the reason stays the same while it lasts. */
function throttledText(forMs: number): string {
  return `Microsoft Graph is overloaded or got too many requests of this application${forMs > 0 ? ', and wants none for a while' : ''}.`;
}
