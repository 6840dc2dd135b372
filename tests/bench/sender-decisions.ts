import { Readable } from 'node:stream';
import { type Conditions, NO_CONDITIONS } from '@inkpost/acceptance/sender-rules/conditions.js';
import { decideSender, senderRules } from '@inkpost/acceptance/sender-rules/decide-sender.js';
import { compareDraft, type PastMails } from '@inkpost/acceptance/try-draft/decide-draft.js';
import { DnsLookups } from '@inkpost/mail-ingest/authenticate-sender/dns-lookups.js';
import { measureSender } from '@inkpost/mail-ingest/authenticate-sender/measure-sender.js';
import { mailFrom, SigningDomain } from '@inkpost/testkit/signed-mails.js';

// node tests/dist/bench/sender-decisions.js: how fast senders are decided about, and what authentication costs. Prints, asserts nothing.

const RULES = 1_000;
const DECISIONS = 200_000;
const MAILS = 200;
const PIECE_BYTES = 64 * 1024;

function conditions(): Conditions {
  const list = (make: (index: number) => string) => Array.from({ length: RULES / 4 }, (_, index) => make(index));
  return {
    ...NO_CONDITIONS, acceptedDomains: list((index) => `*.d${index}.example`), acceptedAddresses: list((index) => `a${index}@x.example`),
    refusedDomains: list((index) => `r${index}.example`), refusedAddresses: list((index) => `b${index}@d${index}.example`),
  };
}

function seconds(work: () => void): number {
  const startedAt = performance.now();
  work();
  return (performance.now() - startedAt) / 1_000;
}

function measureDecisions(): string[] {
  const rules = senderRules(conditions());
  const took = seconds(() => {
    for (let index = 0; index < DECISIONS; index += 1) decideSender(rules, `somebody@mail.d${index % 500}.example`);
  });
  const past: PastMails[] = Array.from({ length: DECISIONS / 2 }, (_, index) => ({ sender: `s${index}@mail.d${index % 500}.example`, mails: 1, lastMessageId: '', lastAt: new Date(), rule: '', accepted: true, verdict: 'none', basis: '' }));
  const labTook = seconds(() => compareDraft({ rules, authentication: 'report' }, past));
  return [`${Math.round(DECISIONS / took).toLocaleString('en')} decisions a second by ${RULES} rules`, `${past.length.toLocaleString('en')} senders compared with a draft in ${Math.round(labTook * 1_000)} ms`];
}

/** CPU of one mail: a signed one with a PDF of this size. */
async function measureAuthentication(bodyBytes: number): Promise<string> {
  const domain = new SigningDomain('example.org');
  const texts = new Map<string, string>([domain.dnsRecord, ['example.org', 'v=spf1 ip4:192.0.2.0/24 -all'], ['_dmarc.example.org', 'v=DMARC1; p=reject']]);
  const dns = new DnsLookups((name) => {
    const text = texts.get(name);
    return text === undefined ? Promise.reject(Object.assign(new Error('none'), { code: 'ENOTFOUND' })) : Promise.resolve([[text]]);
  });
  const mail = Buffer.from(await domain.sign(mailFrom('ada@example.org', 'JVBERi0xLjcKJYGBgYEKCjYgMCBvYmoKPDwKL0ZpbHRlciAvRmxhdGVEZWNvZGUK\r\n'.repeat(bodyBytes / 66))));
  // As a socket gives it.
  const pieces = Array.from({ length: Math.ceil(mail.length / PIECE_BYTES) }, (_, index) => mail.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES));
  const measure = () => measureSender(Readable.from(pieces), { address: '192.0.2.1', name: 'mx.example.org', envelopeSender: 'ada@example.org', speaksLmtp: false }, dns);
  for (let index = 0; index < 50; index += 1) await measure();
  const before = process.cpuUsage();
  for (let index = 0; index < MAILS; index += 1) await measure();
  const { user, system } = process.cpuUsage(before);
  return `sender authentication: ${((user + system) / 1_000 / MAILS).toFixed(2)} ms CPU a mail of ${Math.round(mail.length / 1_000)} kB`;
}

const lines = [...measureDecisions(), await measureAuthentication(2_000), await measureAuthentication(100_000), await measureAuthentication(1_000_000)];
process.stdout.write(`${lines.join('\n')}\n`);
