import { createHash } from 'node:crypto';
import type { Language } from '../answer-route/browser.js';
import { html, Html, withColon } from '../show-page/html.js';

/** From where a page links: relative, so that it stays right behind a proxy that puts a path before ours. */
export interface Links {
  /** `/release` itself. */
  readonly start: string;
  /** A path below `/release`. */
  readonly to: (path: string) => string;
}

/** By how many steps the page lies below `/release`. */
export function linksFrom(depth: 0 | 1 | 2): Links {
  const up = '../'.repeat(Math.max(depth - 1, 0));
  return { start: `${'../'.repeat(depth)}release`, to: (path) => (depth === 0 ? `release/${path}` : `${up}${path}`) };
}

export interface Frame {
  readonly language: Language;
  readonly title: string;
  /** The first words of the title where something is wrong, so that it is heard first. */
  readonly error?: string | undefined;
  /** The browser goes there by itself. */
  readonly refresh?: { readonly seconds: number; readonly to: string } | undefined;
  readonly body: Html;
}

// Readable at arm's length, targets as large as fingers, nothing by colour alone; contrasts of 7 and more to 1 (WCAG 2.2, 1.4.6).
const STYLE = `*{box-sizing:border-box}body{font:1.375rem/1.45 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1.5rem;color:#1a1a1a;background:#fff}
h1{font-size:2rem;line-height:1.2;margin:.5rem 0 1rem}h2{font-size:1.5rem;margin:2rem 0 .75rem}p{margin:.5rem 0}
a{color:#0b4a8f;display:inline-block;padding:.35rem 0}ul{list-style:none;padding:0;margin:0}
form{margin:0}fieldset{border:0;padding:0;margin:0 0 1rem}legend{padding:0;margin:0 0 .5rem;font-weight:600}label{font-weight:600}
.field{margin:0 0 1rem}.field label{display:block}.hint{color:#4a4a4a;font-weight:400;font-size:1.125rem}
input[type=text],input[type=password],input[type=number]{font:inherit;font-size:1.75rem;width:100%;max-width:24rem;padding:.5rem .75rem;border:2px solid #1a1a1a;border-radius:.375rem;background:#fff;color:inherit}
#code{letter-spacing:.15em;text-transform:uppercase}input[aria-invalid=true]{border:4px solid #a3001b}
input[type=checkbox],input[type=radio]{width:2rem;height:2rem;margin:0 .75rem 0 0;flex:none;accent-color:#0b4a8f}
button,.button{font:inherit;font-weight:600;min-height:3.5rem;padding:.6rem 1.5rem;margin:.25rem .75rem .25rem 0;border:2px solid #0b4a8f;border-radius:.375rem;background:#fff;color:#0b4a8f;cursor:pointer;text-decoration:none}
button.first,.button.first{background:#0b4a8f;color:#fff}
:focus-visible{outline:4px solid #1a1a1a;outline-offset:3px}
.choice{display:flex;align-items:flex-start;padding:.6rem 0}.document{border:2px solid #6b6b6b;border-radius:.375rem;padding:.6rem 1rem;margin:0 0 .75rem;overflow-wrap:anywhere}.document .choice{padding:.25rem 0}
.about{margin:0 0 .25rem 2.75rem;color:#333;font-size:1.2rem}.plain .about{margin-left:0}
.notice{border-left:.5rem solid #0b4a8f;padding:.6rem 1rem;background:#eaf2fb;margin:0 0 1rem}.error{border-left:.5rem solid #a3001b;padding:.6rem 1rem;background:#fdeef0;margin:0 0 1rem}
header,footer{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;align-items:center;justify-content:space-between}footer{margin-top:2.5rem;border-top:2px solid #6b6b6b;padding-top:1rem}
img.qr{width:11rem;height:11rem;display:block}@media(max-width:40rem){.phone{display:none}body{padding:1rem}}`;

/** Content-Security-Policy: its own style and pictures from here; no script at all. Forms go to pages of ours alone. */
export const RELEASE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'`;

/** One page, from doctype to end. */
export function frame({ language, title, error, refresh, body }: Frame): string {
  const name = `${error === undefined ? '' : `${withColon(error, language)} `}${title} – Inkpost`;
  // Browsers that know no Sec-Fetch-Site say by Origin whose form it is, and with "no-referrer" they wouldn't.
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="referrer" content="same-origin">
${refresh && html`<meta http-equiv="refresh" content="${refresh.seconds};url=${refresh.to}">
`}<title>${name}</title>
${new Html(`<style>${STYLE}</style>`)}
</head>
<body>
${body}
</body>
</html>
`.markup;
}
