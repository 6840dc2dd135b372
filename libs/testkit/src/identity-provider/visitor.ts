import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';

export interface VisitedPage {
  readonly url: URL;
  readonly html: string;
}

/**
 * A person with a browser at an identity provider, as quick as a test wants it: keeps cookies, follows redirects, fills in forms.
 * What would leave the provider is not visited.
 */
export class Visitor {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly ca: string) {}

  /** Signs in and decides on the consent; gives the address that the provider sends the browser to in the end. */
  async signIn(url: string, { account, password, consent = 'accept' }: { readonly account: string; readonly password: string; readonly consent?: 'accept' | 'cancel' }): Promise<URL> {
    let page = await this.open(new URL(url));
    if (page.html.includes('name="password"')) page = await this.submit(page, { account, password });
    if (page.html.includes('name="consent"')) page = await this.submit(page, { consent });
    return page.url;
  }

  /** Types a user code (RFC 8628), confirms it, and signs in. */
  async confirmDevice(verificationUri: string, userCode: string, person: { readonly account: string; readonly password: string; readonly consent?: 'accept' | 'cancel' }): Promise<VisitedPage> {
    const asked = await this.submit(await this.open(new URL(verificationUri)), { user_code: userCode });
    let page = await this.submit(asked, {});
    if (page.html.includes('name="password"')) page = await this.submit(page, { account: person.account, password: person.password });
    if (page.html.includes('name="consent"')) page = await this.submit(page, { consent: person.consent ?? 'accept' });
    return page;
  }

  async open(url: URL): Promise<VisitedPage> {
    return this.visit(url, url.origin);
  }

  private async submit({ url, html }: VisitedPage, fields: Readonly<Record<string, string>>): Promise<VisitedPage> {
    const action = /<form[^>]* action="([^"]+)"/.exec(html)?.[1];
    const hidden: [string, string][] = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]);
    return this.visit(new URL(action ?? url, url), url.origin, new URLSearchParams([...hidden, ...Object.entries(fields)]));
  }

  private async visit(url: URL, origin: string, form?: URLSearchParams): Promise<VisitedPage> {
    if (url.origin !== origin) return { url, html: '' };
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const asked = request(url, { method: form ? 'POST' : 'GET', ca: this.ca, headers: { cookie, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) } });
    asked.end(form?.toString());
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    for (const line of response.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const html = await text(response);
    const { location } = response.headers;
    return location === undefined ? { url, html } : this.visit(new URL(location, url), origin);
  }
}
