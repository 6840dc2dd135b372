import { Readable } from 'node:stream';
import type { ARCResult, DKIMVerifyResult, DMARCResult, ParsedHeader, SPFResult } from 'mailauth';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { AUTHENTICATION_BARE_LINES_MAX, AUTHENTICATION_DNS_MAX_MS, AUTHENTICATION_SIGNATURES_MAX, HEADER_BYTES_MAX } from '../limits.js';
import type { DnsLookups } from './dns-lookups.js';
import { quickenBodyHash } from './quicken-body-hash.js';
import { type AuthenticationResults, NO_RESULTS } from './sender-authentication.js';

/** A client that brings a mail by SMTP. */
export interface SmtpClient {
  readonly address: string;
  /** As it names itself: EHLO. */
  readonly name: string;
  /** MAIL FROM; empty for the null sender. */
  readonly envelopeSender: string;
  /** It speaks LMTP, as only a mail server in front does (RFC 2033, 1). */
  readonly speaksLmtp: boolean;
}

/** What Inkpost itself found out about a mail. */
export interface MeasuredSender {
  readonly results: AuthenticationResults;
  /** The domain that DMARC was checked for; empty: it wasn't. */
  readonly dmarcFrom: string;
  readonly arc: {
    readonly result: string;
    /** Of a valid chain its sets, the oldest first. */
    readonly chain: readonly { readonly sealDomain: string; readonly results: string }[];
  };
}

/** What is made to cost more than it may: nothing is found out. */
const NOTHING: MeasuredSender = { results: NO_RESULTS, dmarcFrom: '', arc: { result: '', chain: [] } };

/**
 * SPF, DKIM, DMARC and ARC (RFC 7208, 6376, 7489, 8617) of a mail while it comes. Reads `content` to its end, and holds no more of it
 * than its header. Never rejects but with errors of the content.
 */
export async function measureSender(content: Readable, client: SmtpClient, dns: DnsLookups): Promise<MeasuredSender> {
  const guard = new CostGuard(content);
  const { authenticate } = await (mailauth ??= loadMailauth());
  const { dkim, spf, dmarc, arc } = await authenticate(Readable.from(guard.bytes()), {
    ip: client.address, helo: client.name, sender: client.envelopeSender, mta: 'inkpost', resolver: dns.within(AUTHENTICATION_DNS_MAX_MS), disableBimi: true, rejectRsaSha1: true,
  });
  if (guard.tooCostly) return NOTHING;
  const dmarcFrom = dmarc ? (parseDomain(dmarc.status.header?.from ?? '') ?? '') : '';
  return { results: { spf: spfOf(spf), dkim: dkimOf(dkim), dmarc: dmarcOf(dmarc) }, dmarcFrom, arc: arcOf(arc) };
}

let mailauth: ReturnType<typeof loadMailauth> | undefined;

/** Loaded with the first mail that needs it: it takes some 40 MB. */
async function loadMailauth() {
  const loaded = await import('mailauth');
  quickenBodyHash();
  return loaded;
}

/** What a mail is let cost: signatures with limits of their own hash its body once each, and lines without CR are slow (RFC 6376, 6.1 and 8.15). */
class CostGuard {
  tooCostly = false;

  constructor(private readonly content: AsyncIterable<Buffer>) {}

  async *bytes(): AsyncGenerator<Buffer, void, undefined> {
    let header: Buffer[] | undefined = [];
    let [headerBytes, bareLines] = [0, 0];
    /** The end of what came before: a line's end, and the header's, may be cut anywhere. */
    let tail: Buffer = Buffer.alloc(0);
    for await (const chunk of this.content) {
      // Read to its end all the same: the others who read this mail wait for us.
      if (this.tooCostly) continue;
      const seen = Buffer.concat([tail, chunk]);
      bareLines += countBareLines(seen, tail.length);
      tail = seen.subarray(-TAIL_BYTES);
      this.tooCostly = bareLines > AUTHENTICATION_BARE_LINES_MAX;
      if (header === undefined) {
        yield chunk;
        continue;
      }
      header.push(chunk);
      headerBytes += chunk.length;
      // Only what is new is searched: a client may send its header byte by byte.
      if (!HEADER_END.test(seen.toString('latin1')) && headerBytes <= HEADER_BYTES_MAX) continue;
      const whole = Buffer.concat(header, headerBytes);
      const end = HEADER_END.exec(whole.toString('latin1'))?.index;
      this.tooCostly ||= end === undefined || countSignatures(whole.toString('latin1', 0, end)) > AUTHENTICATION_SIGNATURES_MAX;
      if (!this.tooCostly) yield whole;
      header = undefined;
    }
    if (header && !this.tooCostly) yield Buffer.concat(header, headerBytes);
  }
}

const HEADER_END = /\r?\n\r?\n/;
/** Of the longest HEADER_END all but the last byte. */
const TAIL_BYTES = 3;

function countSignatures(header: string): number {
  return header.match(/^dkim-signature[ \t]*:/gim)?.length ?? 0;
}

/** Line ends without CR, from a place on. */
function countBareLines(bytes: Buffer, from: number): number {
  let count = 0;
  for (let at = bytes.indexOf(10, from); at !== -1 && count <= AUTHENTICATION_BARE_LINES_MAX; at = bytes.indexOf(10, at + 1)) if (bytes[at - 1] !== 13) count += 1;
  return count;
}

function spfOf(spf: SPFResult | false): AuthenticationResults['spf'] {
  return spf ? { result: spf.status.result, domain: parseDomain(spf.domain) ?? '' } : NO_RESULTS.spf;
}

/** A signature of only a part of the body proves nothing: what is printed may stand behind it (RFC 6376, 8.2). */
function dkimOf({ results }: DKIMVerifyResult): AuthenticationResults['dkim'] {
  return results.filter(({ signingDomain }) => signingDomain !== undefined).map(({ signingDomain = '', status }) => ({
    result: status.result === 'pass' && (status.underSized ?? 0) > 0 ? 'policy' : status.result, domain: parseDomain(signingDomain) ?? '',
  }));
}

function dmarcOf(dmarc: DMARCResult | false): AuthenticationResults['dmarc'] {
  if (!dmarc) return NO_RESULTS.dmarc;
  const { result } = dmarc.status;
  const isPartial = result === 'pass' && dmarc.alignment.spf.result === undefined && (dmarc.alignment.dkim.underSized ?? 0) > 0;
  return { result: isPartial ? 'fail' : result, policy: result === 'none' ? '' : dmarc.p };
}

function arcOf(arc: ARCResult | false): MeasuredSender['arc'] {
  if (!arc) return NOTHING.arc;
  const isPartial = arc.signature && (arc.signature.status.underSized ?? 0) > 0;
  if (arc.status.result !== 'pass' || isPartial) return { result: isPartial ? 'fail' : arc.status.result, chain: [] };
  const chain = (arc.chain ?? []).map((set) => ({ sealDomain: sealDomain(set['arc-seal']), results: resultsText(set['arc-authentication-results']) }));
  return { result: 'pass', chain };
}

function sealDomain(seal: ParsedHeader | undefined): string {
  return parseDomain(String(seal?.parsed?.['d']?.value ?? '')) ?? '';
}

/** `ARC-Authentication-Results: i=1; mx.example.org; …` without its name and instance. */
function resultsText(field: ParsedHeader | undefined): string {
  // Declared as a string, but a Buffer (mailauth 7.1).
  const original: unknown = field?.original;
  const text = Buffer.isBuffer(original) ? original.toString('latin1') : '';
  return text.replace(/^[^:]*:\s*i\s*=\s*\d+\s*;/u, '').replaceAll(/\r?\n/gu, '');
}
