import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';
import { ReleaseOwners } from './release-desk.harness.js';

const owners = new ReleaseOwners();
let harness: GatewayHarness;

beforeAll(async () => {
  harness = await GatewayHarness.start({ 'print-submit': owners.printSubmit, 'guest-account': owners.guestAccount });
  return () => harness.stop();
});

beforeEach(async () => {
  owners.reset();
  await harness.superuser.query('DELETE FROM gateway.release_session');
});

const OWN_FORM = { 'sec-fetch-site': 'same-origin' };

interface Shown {
  readonly status: number;
  readonly text: string;
  readonly location: string | null;
  readonly cookie: string | null;
  readonly headers: Headers;
}

async function call(path: string, { form, cookie = '', headers = OWN_FORM, language = 'en' }: { form?: Record<string, string> | string; cookie?: string; headers?: Record<string, string>; language?: string } = {}): Promise<Shown> {
  const response = await fetch(new URL(path, harness.http), {
    redirect: 'manual', ...(form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form) }), headers: { accept: 'text/html', 'accept-language': language, cookie, ...headers },
  });
  return { status: response.status, text: await response.text(), location: response.headers.get('location'), cookie: response.headers.get('set-cookie'), headers: response.headers };
}

/** As the browser sends it from then on. */
async function signedIn(form: Record<string, string> = { code: 'GOODGOOD' }, path = '/release/code'): Promise<string> {
  const { status, cookie } = await call(path, { form });
  expect(status).toBe(303);
  return (cookie ?? '').split(';')[0] ?? '';
}

const h1 = ({ text }: Shown) => /<h1>([^<]*)<\/h1>/.exec(text)?.[1];
const sessions = async () => (await harness.superuser.query<{ dump: string; left: string }>("SELECT s::text AS dump, round(extract(epoch FROM expires_at - now())) AS left FROM gateway.release_session s")).rows;

describe('somebody with a code', () => {
  it('is kept in a cookie of the page alone, that no script can read; neither code nor token is in a page, an address, the database or the audit log', async () => {
    owners.hold('plan.pdf');
    const { cookie, location, text } = await call('/release/code', { form: { code: 'GOODGOOD', at: 'lobby', language: 'en' } });
    const [, token = ''] = /^inkpost-release=([\w-]{43}); Path=\/; HttpOnly; SameSite=Strict$/.exec(cookie ?? '') ?? [];
    expect([token.length, location, text]).toEqual([43, '../release', '']);
    const page = await call('/release', { cookie: `inkpost-release=${token}` });
    expect(page.text).toContain('plan.pdf');
    const { rows } = await harness.superuser.query<{ text: string }>('SELECT e::text AS text FROM gateway.audit_entry e ORDER BY id DESC LIMIT 1');
    expect(rows[0]?.text).toContain('POST /release/code');
    for (const seen of [page.text, JSON.stringify(await sessions()), rows[0]?.text]) {
      expect(seen).not.toContain(token);
      expect(seen).not.toContain('GOODGOOD');
    }
    expect(owners.heard.who.at(-1)).toMatchObject({ accountId: 'ada', means: 'puk', releasePoint: '127.0.0.1' });
  });

  it.each([
    ['a wrong code', { code: 'WRONGONE' }, 422, 'No document waits for this code.'],
    ['a locked-out release point', { code: 'LOCKED99' }, 429, 'Try again in 2 minutes.'],
    ['no code', { code: ' ' }, 400, 'Type the code from the mail.'],
  ])('is asked once more after %s', async (_what, form, status, sentence) => {
    const shown = await call('/release/code', { form: { ...form, at: 'lobby' } });
    expect([shown.status, h1(shown), shown.cookie]).toEqual([status, 'Print your documents: Lobby', null]);
    expect(shown.text).toMatch(new RegExp(`role="alert" id="error">[^<]*${sentence}`));
    expect(shown.text).toContain('aria-invalid="true" aria-describedby="error"');
    expect(shown.text).not.toContain(form.code.trim() || 'value=" "');
    expect(status === 429 ? shown.headers.get('retry-after') : '90').toBe('90');
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }], ['another host of the domain', { 'sec-fetch-site': 'same-site' }], ['nobody\'s page', {}], ['an older browser on another origin', { origin: 'https://evil.example' }],
  ])('can\'t be signed in by the form of %s', async (_whose, headers) => {
    const shown = await call('/release/code', { form: { code: 'GOODGOOD' }, headers });
    expect([shown.status, h1(shown), owners.heard.codes]).toEqual([403, 'This did not work', []]);
  });

  it('is let in by an older browser that says only where the page is from', async () => {
    expect((await call('/release/code', { form: { code: 'GOODGOOD' }, headers: { origin: harness.http } })).status).toBe(303);
  });

  it('is told in words and not as JSON what is wrong with what was sent', async () => {
    const shown = await call('/release/code', { form: { code: 'x'.repeat(65) }, language: 'fr' });
    expect([shown.status, h1(shown)]).toEqual([400, 'Cela n’a pas fonctionné']);
    expect((await call('/release/code', { form: 'code=a&code=b' })).status).toBe(400);
    const json = await fetch(new URL('/release/code', harness.http), { method: 'POST', body: '{}', headers: { 'content-type': 'application/json', accept: 'text/html', ...OWN_FORM } });
    expect(json.status).toBe(415);
  });
});

describe('a session at a release point', () => {
  it('ends without use, moves on with each use, and not by the page\'s own look', async () => {
    const cookie = await signedIn();
    const left = async () => Number((await sessions()).at(-1)?.left);
    const age = (seconds: number) => harness.superuser.query(`UPDATE gateway.release_session SET expires_at = expires_at - make_interval(secs => $1)`, [seconds]);
    await age(30);
    await call('/release/pause', { cookie });
    expect(await left()).toBeLessThan(40);
    await call('/release', { cookie });
    expect(await left()).toBeGreaterThan(60);
    await age(66);
    const late = await call('/release/print', { cookie, form: { job: 'any' } });
    expect([late.status, h1(late)]).toEqual([401, 'Print your documents']);
    expect(late.text).toContain('You were signed out meanwhile.');
    expect(h1(await call('/release/pause', { cookie }))).toBe('Print your documents');
    await signedIn();
    expect(await sessions()).toHaveLength(1);
  });

  it('ends by its button and by itself, goes back to its printer in its language, and is no other browser\'s', async () => {
    owners.hold('mine.pdf');
    for (const end of [{ path: '/release/end', form: {} }, { path: '/release/ended' }]) {
      const cookie = await signedIn({ code: 'GOODGOOD', at: 'lobby', language: 'fr' });
      const { status, location, cookie: forgotten } = await call(end.path, { cookie, ...('form' in end ? { form: {} } : {}) });
      expect([status, location, forgotten]).toEqual([303, '../release?at=lobby&said=ended&language=fr', 'inkpost-release=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0']);
      expect((await call('/release', { cookie })).text).not.toContain('mine.pdf');
    }
    expect((await call('/release', { cookie: `inkpost-release=${'x'.repeat(43)}` })).text).not.toContain('mine.pdf');
    expect(await sessions()).toEqual([]);
  });

  it('lasts two hours at most, however often it is used', async () => {
    const cookie = await signedIn();
    await harness.superuser.query("UPDATE gateway.release_session SET began_at = began_at - interval '2 hours' + interval '5 seconds'");
    expect((await call('/release', { cookie })).status).toBe(200);
    expect(Number((await sessions()).at(-1)?.left)).toBeLessThanOrEqual(5);
  });

  it('begins with a login or a card and its PIN too, says who that is, in that person\'s language, and to the audit log', async () => {
    const cookie = await signedIn({ login: 'ada', pin: ' 4711 ' }, '/release/login');
    const page = await call('/release', { cookie });
    expect([h1(page), page.text]).toEqual(['Vos documents', expect.stringContaining('Connecté en tant que CORP\\ada')]);
    expect(owners.heard.who.at(-1)).toMatchObject({ accountId: 'ada', means: 'login-pin' });
    await signedIn({ card: '04:A2', pin: '4711' }, '/release/card');
    expect(owners.heard.pins).toEqual(['login ada 127.0.0.1 127.0.0.1', 'cardNumber 04:A2 127.0.0.1 127.0.0.1']);
    const { rows } = await harness.superuser.query('SELECT actor, action FROM gateway.audit_entry ORDER BY id DESC LIMIT 2');
    expect(rows).toEqual([{ actor: 'CORP\\ada', action: 'POST /release/card' }, { actor: 'CORP\\ada', action: 'POST /release/login' }]);
    expect((await call('/release/login', { form: { login: 'ada', pin: '1111' } })).text).toContain('Login or PIN is wrong.');
    expect((await call('/release/login', { form: { login: 'ada', pin: '4711'.repeat(4) } })).status).toBe(422);
    expect((await call('/release/login', { form: { login: 'locked', pin: '4711' } })).text).toContain('Try again in 30 seconds.');
    expect((await call('/release/card', { form: { card: '', pin: '4711' } })).text).toContain('Hold the card to the reader');
    expect(owners.heard.pins).toHaveLength(4);
  });
});

describe('the page', () => {
  it('asks in the browser\'s language, or the one that was chosen, for what its place allows, and leads a phone on', async () => {
    owners.means = ['card-pin'];
    const page = await call('/release?at=lobby&utm=1', { language: 'fr-CH' });
    expect([page.status, h1(page)]).toEqual([200, 'Imprimer vos documents\u00a0: Lobby']);
    expect(page.text).toContain('action="release/card"');
    expect(page.text).not.toContain('action="release/code"');
    expect(page.text).toContain(`alt="Code QR vers ${harness.http}/release?at=lobby"`);
    expect(h1(await call('/release?language=en', { language: 'fr' }))).toBe('Print your documents');
    expect(h1(await call(`/release?at=${'x'.repeat(65)}&language=xx&said=nonsense`))).toBe('Print your documents');
    owners.means = [];
    expect((await call('/release')).text).toContain('Nothing can be released here.');
  });

  it('allows its own style and pictures, and nothing else: no script, no frame, no other site\'s form', async () => {
    const { headers, text } = await call('/release');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'$/);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text).not.toMatch(/<script|style=|onclick/i);
  });

  it('shows titles as text, whatever is in them', async () => {
    owners.hold('<script>alert("1")</script> & \'x\'.pdf', { queueName: '<b>' });
    const { text } = await call('/release', { cookie: await signedIn() });
    expect(text).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;.pdf');
    expect(text).not.toMatch(/<script|<b>/);
  });

  it('gives its address as a QR code', async () => {
    const { headers, text } = await call('/release/qr.svg?at=lobby');
    expect([headers.get('content-type'), text.slice(0, 4)]).toEqual(['image/svg+xml', '<svg']);
    expect((await call('/release/qr.svg')).text).not.toBe(text);
  });

  it('says that it did not work while print-submit is away, and that nothing was changed', async () => {
    const cookie = await signedIn();
    await harness.stopOwner('print-submit');
    const shown = await call('/release', { cookie });
    expect([shown.status, h1(shown)]).toEqual([503, 'This did not work']);
    await harness.startOwner('print-submit');
    expect((await call('/release', { cookie })).status).toBe(200);
  });

  it('takes no code in clear from elsewhere, and says where to open it', async () => {
    const shown = await call('/release', { headers: { 'x-forwarded-for': '203.0.113.9' } });
    expect([shown.status, shown.text]).toEqual([409, expect.stringContaining('begins with https://')]);
    expect((await call('/release/code', { form: { code: 'GOODGOOD' }, headers: { ...OWN_FORM, 'x-forwarded-for': '203.0.113.9' } })).status).toBe(409);
    expect(owners.heard.codes).toEqual([]);
  });
});

describe('documents', () => {
  it('that stay when they are wanted say why, in the words of whoever made the rule', async () => {
    const [dear, asked, strict, free] = [owners.hold('dear.pdf', { price: 1_250n }), owners.hold('asked.pdf', { question: 'Really 300 pages?' }), owners.hold('strict.pdf', { allowedMeans: ['login-pin'] }), owners.hold('free.pdf')];
    owners.refusals.set(dear.jobId, { reason: 'filter', problem: 'Your class may print again on Monday.' });
    const cookie = await signedIn();
    const list = await call('/release', { cookie });
    expect(list.text).toMatch(/Price: €1\.25[\s\S]*Really 300 pages\?[\s\S]*sign in with login and PIN/);
    const all = [dear, asked, strict, free].map(({ jobId }) => `job=${jobId}`).join('&');
    const { text } = await call('/release/print', { cookie, form: all });
    expect(text).toContain('1 document on the way to the printer.');
    expect(text).toMatch(/dear\.pdf<\/strong>\s*<div class="about"><p>a rule does not allow it: Your class may print again on Monday\./);
    expect(text).toMatch(/asked\.pdf[\s\S]*it was not confirmed[\s\S]*strict\.pdf[\s\S]*it asks for another way to sign in/);
    expect((await call('/release/print', { cookie, form: `job=${asked.jobId}&confirmed=${asked.jobId}` })).text).toContain('1 document on the way');
  });

  it('none of which is chosen are neither printed nor deleted', async () => {
    owners.hold('one.pdf');
    const cookie = await signedIn();
    for (const path of ['/release/print', '/release/delete']) {
      const shown = await call(path, { cookie, form: {} });
      expect([shown.status, shown.text]).toEqual([400, expect.stringContaining('Choose at least one document.')]);
    }
    expect(owners.documents.map(({ jobState }) => jobState)).toEqual(['pending-held']);
  });

  it('can be changed where the printer can, and not to what it can\'t', async () => {
    const { jobId } = owners.hold('plan.pdf', { forced: ['colorMode'] });
    const cookie = await signedIn();
    const path = `/release/options/${jobId}`;
    const page = await call(path, { cookie });
    expect(page.text).toMatch(/Colour \(set by a rule here\)[\s\S]*name="colorMode" value="color" checked disabled/);
    expect(page.text).toContain(`action="../options/${jobId}"`);
    expect((await call(path, { cookie, form: { sides: 'two-sided-long-edge', copies: '2' } })).location).toBe('../../release');
    expect((await call('/release', { cookie })).text).toContain('3 pages, colour, both sides, 2 copies');
    expect((await call('/release/options/00000000-0000-4000-8000-999999999999', { cookie })).status).toBe(404);
  });

  it('asks once more where something can\'t be, with all that was typed', async () => {
    const { jobId } = owners.hold('plan.pdf');
    const cookie = await signedIn();
    const wrong = await call(`/release/options/${jobId}`, { cookie, form: { colorMode: 'monochrome', sides: 'two-sided-long-edge', copies: '6', pageRanges: '2-"3' } });
    expect([wrong.status, wrong.text]).toEqual([400, expect.stringContaining('The printer makes fewer copies at once.')]);
    expect(wrong.text).toMatch(/id="copies"[^>]*value="6"[^>]*aria-invalid="true"/);
    for (const kept of ['value="monochrome" checked', 'value="two-sided-long-edge" checked', 'value="2-&quot;3"']) expect(wrong.text).toContain(kept);
    const odd = await call(`/release/options/${jobId}`, { cookie, form: { sides: 'three-sided', copies: '999999' } });
    expect(odd.text).toMatch(/value="one-sided" checked[\s\S]*id="copies"[^>]*value="1"/);
    expect(odd.text).not.toContain('three-sided');
  });
});

describe('somebody\'s own account', () => {
  const ada = { login: 'ada', password: 'Right-Passw0rd', at: 'lobby', language: 'en' };

  it('is shown to who signs in by name: what is left, what was printed, the PIN; and not to who has a code alone', async () => {
    owners.hold('former.pdf', { jobState: 'canceled', jobStateReason: 'job-canceled-by-user', price: 80n });
    owners.hold('waits.pdf');
    const byCode = await call('/release/account', { cookie: await signedIn() });
    expect([h1(byCode), byCode.text]).toEqual(['Your account', expect.stringContaining('action="account/sign-in"')]);
    expect(byCode.text).not.toContain('former.pdf');
    expect((await call('/release/account/pin', { cookie: await signedIn(), form: { pin: '8642', again: '8642' } })).status).toBe(401);
    const { text } = await call('/release/account?after=page-2', { cookie: await signedIn(ada, '/release/account/sign-in') });
    expect(text).toMatch(/Balance: €12\.50[\s\S]*Everybody \(this month\): 40 printed sides of 200 printed sides used[\s\S]*You have no PIN yet[\s\S]*former\.pdf[\s\S]*not printed: deleted[\s\S]*after=older/);
    expect(text).toContain('Signed in as CORP\\ada');
    // What was never printed was never paid for.
    expect(text).not.toContain('Price');
    expect(owners.newPins).toEqual([]);
  });

  it('sets the PIN when it is typed twice and good, in nobody else\'s name', async () => {
    const cookie = await signedIn(ada, '/release/account/sign-in');
    const set = (pin: string, again = pin) => call('/release/account/pin', { cookie, form: { pin, again } });
    expect(await set('8642', '8643')).toMatchObject({ status: 400, text: expect.stringContaining('The two were not the same.') });
    for (const bad of ['1234', '12', '', ' ']) expect(await set(bad)).toMatchObject({ status: 400, text: expect.stringContaining('Type at least 4 digits') });
    const done = await set('8642');
    expect([done.status, done.text]).toEqual([200, expect.stringContaining('The PIN is set.')]);
    expect(done.text).not.toContain('8642');
    expect(owners.newPins).toEqual(['CORP\\ada corp ada 8642']);
  });

  it('releases nothing by the password, and says what to sign in with', async () => {
    const { jobId } = owners.hold('plan.pdf');
    const cookie = await signedIn(ada, '/release/account/sign-in');
    expect((await call('/release', { cookie })).text).toContain('To print this one, sign in with the code from the mail or with login and PIN or with card and PIN.');
    expect((await call('/release/print', { cookie, form: { job: jobId } })).text).toContain('it asks for another way to sign in');
    expect(owners.documents[0]?.jobState).toBe('pending-held');
  });

  it.each([[{ password: 'wrong' }, 422, 'Login or password is wrong.'], [{ login: 'locked' }, 429, 'Try again in 30 seconds.'], [{ login: '' }, 400, 'Type your login'], [{ login: 'maintenance' }, 422, 'Login or password is wrong.']])('is kept from %j', async (change, status, sentence) => {
    const shown = await call('/release/account/sign-in', { form: { ...ada, ...change } });
    expect([shown.status, shown.text, shown.cookie]).toEqual([status, expect.stringContaining(sentence), null]);
    expect(shown.text).toContain('action="../account/sign-in"');
  });
});

describe('somebody without a code at hand', () => {
  it('is mailed a new one, or a link to set the PIN, and the page never says whether the address is anybody\'s', async () => {
    expect((await call('/release?at=lobby')).text).toContain('href="release/by-mail?at=lobby&amp;language=en"');
    const page = await call('/release/by-mail?at=lobby');
    expect([h1(page), page.text]).toEqual(['By mail', expect.stringContaining('formaction="by-mail/pin"')]);
    for (const what of ['code', 'pin']) {
      const { status, text } = await call(`/release/by-mail/${what}`, { form: { address: ' ada@example.org ', at: 'lobby' } });
      expect([status, text]).toEqual([200, expect.stringContaining('If something can be sent to this address, a mail is on its way.')]);
      expect((await call(`/release/by-mail/${what}`, { form: { address: ' ' } })).status).toBe(400);
      expect((await call(`/release/by-mail/${what}`, { form: { address: 'ada@example.org' }, headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
    }
    expect(owners.mailed).toEqual(['code ada@example.org 127.0.0.1', 'pin ada@example.org']);
  });
});
