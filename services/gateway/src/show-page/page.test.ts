import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FORM_PAGE_POLICY, PAGE_POLICY, renderPage } from './page.js';

const page = { title: 'A & B', paragraphs: ['One <b>', 'Two : three ?'], facts: [['Subject', '<script>"x"</script>']], buttons: [{ label: 'Yes', action: 'a"b/approve' }] } as const;

describe('a page', () => {
  it('shows all that it is given as text', () => {
    const html = renderPage(page, 'en');
    expect(html).toContain('<h1>A &amp; B</h1>');
    expect(html).toContain('<p>One &lt;b&gt;</p>');
    expect(html).toContain('<dt>Subject</dt><dd>&lt;script&gt;&quot;x&quot;&lt;/script&gt;</dd>');
    expect(html).toContain('<form method="post" action="a&quot;b/approve"><button>Yes</button></form>');
    expect(html).not.toContain('<script');
  });

  it('sets French as French is set', () => {
    expect(renderPage(page, 'fr')).toContain('<p>Two\u00a0: three\u00a0?</p>');
    expect(renderPage(page, 'en')).toContain('<p>Two : three ?</p>');
  });

  it.each([[PAGE_POLICY, "form-action 'none'"], [FORM_PAGE_POLICY, "form-action 'self'"]])('allows its own style and nothing else: %s', (policy, forms) => {
    const style = /<style>([^<]*)<\/style>/.exec(renderPage(page, 'en'))?.[1] ?? '';
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(policy).toContain(forms);
  });
});
