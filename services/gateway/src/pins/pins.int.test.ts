import { PinService } from '@inkpost/contracts/admin/v1/identification_pb.js';
import { ReleaseService } from '@inkpost/contracts/admin/v1/print_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { GatewayHarness } from '../gateway.harness.js';

const PROOF = 'AAAA-proof-of-the-link-AAAA';
const heard: { codes: string[]; links: string[]; pins: string[] } = { codes: [], links: [], pins: [] };
let state = 'open';
let harness: GatewayHarness;

beforeAll(async () => {
  harness = await GatewayHarness.start({
    'print-submit': (router) => router.service(ReleaseService, {
      requestCode: ({ address, source }, context) => {
        callerOf(context);
        heard.codes.push(`${address} ${source}`);
        return {};
      },
    }),
    'guest-account': (router) => {
      const link = (proof: string) => (proof === PROOF ? { state, displayName: 'Ada <Lovelace>', policy: { lengthMin: 6 } } : { state: 'unknown', policy: { lengthMin: 6 } });
      router.service(PinService, {
        requestPinLink: ({ address, source }) => {
          heard.links.push(`${address} ${source}`);
          return {};
        },
        showPinLink: ({ proof }) => ({ link: link(proof) }),
        setPinByLink: ({ proof, pin }) => {
          if (proof !== PROOF || state !== 'open') return { set: false, link: link(proof) };
          if (pin.length < 6) throw invalidField('pin', 'must be 6 to 12 digits');
          heard.pins.push(pin);
          state = 'used';
          return { set: true, link: link(proof) };
        },
      });
    },
  });
  return () => harness.stop();
});

beforeEach(() => {
  Object.assign(heard, { codes: [], links: [], pins: [] });
  state = 'open';
});

async function call(path: string, form?: Record<string, string>, language = 'en') {
  const response = await fetch(new URL(path, harness.http), {
    ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}), headers: { accept: 'text/html', 'accept-language': language, 'sec-fetch-site': 'same-origin' },
  });
  const text = await response.text();
  return { status: response.status, text, title: /<h1>([^<]*)<\/h1>/u.exec(text)?.[1] };
}

const page = `/pin/018f0000-0000-7000-8000-00000000000b/${PROOF}`;

it('the page behind a mailed link asks for a PIN twice, in the language of the browser, and changes nothing by itself', async () => {
  const shown = await call(page);
  expect(shown).toMatchObject({ status: 200, title: 'Choose your PIN' });
  expect(shown.text).toContain('For Ada &lt;Lovelace&gt;.');
  expect(shown.text).toContain('at least 6 digits');
  expect(shown.text.match(/type="password"/gu)).toHaveLength(2);
  expect((await call(page, undefined, 'fr')).title).toBe('Choisissez votre PIN');
  expect(heard.pins).toEqual([]);
});

it('a PIN is set once, if it was typed twice alike and is good enough; else the page says what is wrong', async () => {
  expect(await call(page, { pin: '258013', again: '258014' })).toMatchObject({ status: 400, text: expect.stringContaining('The two were not the same.') as string });
  expect(await call(page, { pin: '2580', again: '2580' })).toMatchObject({ status: 400, text: expect.stringContaining('Type at least 6 digits') as string });
  expect(heard.pins).toEqual([]);
  expect(await call(page, { pin: '258013', again: '258013' })).toMatchObject({ status: 200, title: 'Your PIN is set' });
  expect(heard.pins).toEqual(['258013']);
  expect(await call(page, { pin: '258014', again: '258014' })).toMatchObject({ title: 'This link was used already' });
  expect(await call(page.replace('AAAA', 'BBBB'))).toMatchObject({ title: 'This link is not known', text: expect.stringContaining('href="../../release/by-mail"') as string });
});

it('neither PIN nor proof comes into the audit log', async () => {
  await call(page, { pin: '258013', again: '258013' });
  const { rows } = await harness.superuser.query<{ text: string }>('SELECT e::text AS text FROM gateway.audit_entry e ORDER BY id DESC LIMIT 3');
  const text = JSON.stringify(rows);
  expect(text).toContain('018f0000-0000-7000-8000-00000000000b');
  expect(text).not.toContain('258013');
  expect(text).not.toContain(PROOF);
});

it('programs at a release point ask for the same by REST', async () => {
  const ask = async (path: string) => (await fetch(new URL(path, harness.http), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ address: 'ada@example.org' }) })).status;
  expect([await ask('/api/v0/release/code-request'), await ask('/api/v0/release/pin-request')]).toEqual([204, 204]);
  expect([heard.codes.length, heard.links.length]).toEqual([1, 1]);
});
