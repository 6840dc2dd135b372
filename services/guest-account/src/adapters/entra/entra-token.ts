import type { Agent } from 'node:https';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { EntraSettings } from '../../directories/entra-settings.js';
import { TOKEN_RENEWED_BEFORE_MS } from '../../limits.js';
import { clientAssertion } from './client-assertion.js';
import { tokenRefused } from './entra-refusal.js';
import { exchangeJson, member, textIn } from './json-exchange.js';

/** Entra ID and Microsoft Graph as this installation reaches them. */
export interface EntraPlaces {
  /** https://login.microsoftonline.com, or that of a national cloud. */
  readonly authority: string;
  /** https://graph.microsoft.com, of the same cloud. */
  readonly graphUrl: string;
  readonly agent: Agent;
}

export interface EntraApplication {
  readonly settings: EntraSettings;
  /** The client secret or the private key. Throws a `Failure` where it can't be opened. */
  readonly secret: () => string;
}

interface Token {
  readonly text: string;
  /** performance.now() */
  readonly renewAt: number;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** The token by which an application reads its tenant (RFC 6749, 4.4), asked for anew before it runs out. */
export class EntraToken {
  private token: Token | undefined;
  private asked: Promise<Token> | undefined;

  constructor(
    private readonly places: EntraPlaces,
    private readonly application: EntraApplication,
  ) {}

  /** `refused`: one that Graph didn't take. Throws a `Failure`. */
  async current(refused?: string): Promise<string> {
    if (this.token && this.token.text !== refused && performance.now() < this.token.renewAt) return this.token.text;
    // All who need one at once wait for one answer.
    this.asked ??= this.ask().finally(() => {
      this.asked = undefined;
    });
    this.token = await this.asked;
    return this.token.text;
  }

  private async ask(): Promise<Token> {
    const { places: { authority, agent }, application: { settings: { tenantId, timeoutMs } } } = this;
    const url = new URL(`${authority.replace(/\/$/, '')}/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`);
    const body = new URLSearchParams(await this.form(url.href)).toString();
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded', 'user-agent': 'Inkpost' };
    const answer = await exchangeJson(agent, 'Entra ID', { method: 'POST', url, headers, body, signal: AbortSignal.timeout(timeoutMs), silenceMaxMs: timeoutMs });
    if (answer.status !== 200) throw tokenRefused(answer, url.host);
    const [text, seconds] = [textIn(answer.json, 'access_token'), member(answer.json, 'expires_in')];
    if (text === '' || typeof seconds !== 'number') throw fault(`${url.host} does not answer as Entra ID does: it grants no token and refuses none.`);
    const livesMs = seconds * 1_000;
    return { text, renewAt: performance.now() + livesMs - Math.min(TOKEN_RENEWED_BEFORE_MS, livesMs / 2) };
  }

  private async form(audience: string): Promise<Record<string, string>> {
    const { places: { graphUrl }, application: { settings: { clientId, signIn, certificate }, secret } } = this;
    const general = { client_id: clientId, grant_type: 'client_credentials', scope: `${graphUrl.replace(/\/$/, '')}/.default` };
    if (signIn === 'secret') return { ...general, client_secret: secret() };
    return { ...general, client_assertion_type: ASSERTION_TYPE, client_assertion: await clientAssertion({ clientId, certificate, privateKey: secret() }, audience) };
  }
}
