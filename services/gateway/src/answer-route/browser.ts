import type { IncomingHttpHeaders } from 'node:http';

const LANGUAGES = ['en', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What a browser says of itself with a request, and what it is given to keep with the answer. */
export class Browser {
  private readonly lines: string[] = [];

  constructor(private readonly headers: Pick<IncomingHttpHeaders, 'accept' | 'accept-language' | 'cookie' | 'origin'>) {}

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
