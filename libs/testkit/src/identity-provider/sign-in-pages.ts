import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Provider } from 'oidc-provider';
import type { MailUser } from '../dovecot-server.js';

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head><body><h1>${title}</h1>${content}</body></html>`;
}

function escaped(value: unknown): string {
  return (typeof value === 'string' ? value : '').replaceAll(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function loginPage(hint: unknown, problem = ''): string {
  return page('Sign in', `<p id="problem">${problem}</p><form method="post"><input name="account" type="email" value="${escaped(hint)}"><input name="password" type="password"><button type="submit">Sign in</button></form>`);
}

function consentPage(account: unknown, scopes: readonly string[]): string {
  const list = scopes.map((scope) => `<li>${escaped(scope)}</li>`).join('');
  const button = (value: string) => `<button type="submit" name="consent" value="${value}">${value}</button>`;
  return page('Permissions requested', `<p>${escaped(account)}</p><ul>${list}</ul><form method="post">${button('accept')}${button('cancel')}</form>`);
}

/** What people see at the provider: sign in with a password, then consent to what the application asks for, or not. */
export class SignInPages {
  constructor(
    private readonly provider: Provider,
    private readonly users: readonly MailUser[],
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, params } = await this.provider.interactionDetails(request, response);
    const form = request.method === 'POST' ? new URLSearchParams(await text(request)) : undefined;
    if (prompt.name === 'login') await this.signIn(request, response, form, params['login_hint']);
    else await this.consent(request, response, form);
  }

  private async signIn(request: IncomingMessage, response: ServerResponse, form: URLSearchParams | undefined, hint: unknown): Promise<void> {
    const user = form && this.users.find(({ address }) => address === form.get('account'));
    if (user && user.password === form.get('password')) return this.finish(request, response, { login: { accountId: user.address } });
    show(response, loginPage(form?.get('account') ?? hint, form ? 'Your account or password is incorrect.' : ''));
  }

  private async consent(request: IncomingMessage, response: ServerResponse, form: URLSearchParams | undefined): Promise<void> {
    const { prompt, session, params, grantId } = await this.provider.interactionDetails(request, response);
    const missing = prompt.details as { readonly missingOIDCScope?: string[]; readonly missingOIDCClaims?: string[] };
    if (!form) return show(response, consentPage(session?.accountId, missing.missingOIDCScope ?? []));
    if (form.get('consent') !== 'accept') return this.finish(request, response, { error: 'access_denied', error_description: 'AADSTS65004: User declined to consent to access the app.' });
    const known = grantId === undefined ? undefined : await this.provider.Grant.find(grantId);
    const grant = known ?? new this.provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
    grant.addOIDCScope((missing.missingOIDCScope ?? []).join(' '));
    grant.addOIDCClaims(missing.missingOIDCClaims ?? []);
    return this.finish(request, response, { consent: { grantId: await grant.save() } });
  }

  private finish(request: IncomingMessage, response: ServerResponse, result: Parameters<Provider['interactionFinished']>[2]): Promise<void> {
    return this.provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
  }
}

function show(response: ServerResponse, html: string): void {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(html);
}

/** The pages of the device flow (RFC 8628, 3.3): a code is typed, then confirmed. `form` is oidc-provider's own. */
export const devicePages = {
  input: (form: string, problem: unknown) => page('Enter code', `<p id="problem">${escaped(problem)}</p>${form}<button type="submit" form="op.deviceInputForm">Next</button>`),
  confirm: (form: string, code: string) => page('Is this your code?', `<p>${escaped(code)}</p>${form}<button type="submit" form="op.deviceConfirmForm">Continue</button>`),
  success: () => page('You have signed in', '<p>You may now close this window.</p>'),
};
