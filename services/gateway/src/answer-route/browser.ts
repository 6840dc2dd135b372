import type { IncomingHttpHeaders } from 'node:http';

const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

type Headers = Pick<IncomingHttpHeaders, 'accept' | 'accept-language' | 'cookie' | 'origin' | 'sec-fetch-site'> & { readonly 'x-inkpost-csrf'?: string | string[] | undefined };

/** How the browser reaches us: through trusted proxies, as they say. */
export interface BrowserConnection {
  readonly isSecure: boolean;
  /** Of the pages that come from here: `https://inkpost.example.org`. */
  readonly ownOrigin: string;
}

/** What a browser says of itself with a request, and what it is given to keep with the answer. */
export class Browser {
  private readonly lines: string[] = [];

  constructor(
    private readonly headers: Headers,
    private readonly connection: BrowserConnection = { isSecure: false, ownOrigin: '' },
  ) {}

  /** Over HTTPS, to us or to a trusted proxy. */
  get isSecure(): boolean {
    return this.connection.isSecure;
  }

  /**
   * A page of ours sends this: the browser itself says so (`Sec-Fetch-Site`; one that doesn't know it, by `Origin`), and it bears a field that a page
   * from elsewhere can't add without being let to by CORS, which nobody is here.
   */
  get isOwnPage(): boolean {
    const { 'x-inkpost-csrf': field } = this.headers;
    return field !== undefined && field !== '' && this.isFromOwnPage;
  }

  /** A form on a page of ours sends this: the same without the field, which no form can add. Its cookie is not sent for other sites' pages at all. */
  get isOwnForm(): boolean {
    return this.isFromOwnPage;
  }

  private get isFromOwnPage(): boolean {
    const { origin, 'sec-fetch-site': site } = this.headers;
    // Scripts can't set it. It alone counts where it is: a proxy that changes the host's name makes the origins differ.
    if (site !== undefined) return site === 'same-origin';
    return origin !== undefined && origin === this.connection.ownOrigin;
  }

  /** Where it reaches us: what our pages' addresses begin with. */
  get ownOrigin(): string {
    return this.connection.ownOrigin;
  }

  /** Of the page that asks. Undefined: no page asks. */
  get origin(): string | undefined {
    return this.headers.origin;
  }

  /** A person looks at the answer. */
  get wantsPage(): boolean {
    return (this.headers.accept ?? '').includes('text/html');
  }

  /** The one of our languages that its user likes best (RFC 9110, 12.5.4); English where it says none of them. */
  get language(): Language {
    const liked = (this.headers['accept-language'] ?? '').split(',').map((range) => {
      const [tag = '', quality = 'q=1'] = range.trim().toLowerCase().split(/\s*;\s*/);
      return { language: LANGUAGES.find((name) => tag === name || tag.startsWith(`${name}-`)), quality: Number(quality.replace('q=', '')) };
    });
    const [best] = liked.filter(({ language, quality }) => language !== undefined && quality > 0).sort((a, b) => b.quality - a.quality);
    return best?.language ?? 'en';
  }

  cookie(name: string): string | undefined {
    const found = (this.headers.cookie ?? '').split(/;\s*/).find((pair) => pair.startsWith(`${name}=`));
    return found?.slice(name.length + 1);
  }

  /** `line`: as Set-Cookie wants it (RFC 6265, 4.1). */
  keep(line: string): void {
    this.lines.push(line);
  }

  get kept(): readonly string[] {
    return this.lines;
  }
}
