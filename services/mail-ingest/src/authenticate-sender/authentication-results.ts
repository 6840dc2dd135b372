import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { type AuthenticationResults, NO_RESULTS } from './sender-authentication.js';

/** One result of a method with its properties, as `header.from` or `smtp.mailfrom`. */
interface MethodResult {
  readonly method: string;
  readonly result: string;
  readonly properties: ReadonlyMap<string, string>;
}

export interface AuthenticationField {
  /** Who added it, lower-cased; empty where the field names nobody, as Exchange Online's. */
  readonly authservId: string;
  readonly results: AuthenticationResults;
  /** The domain that DMARC was checked for; empty: not said. */
  readonly dmarcFrom: string;
}

/** Values, `=` and `;` (RFC 8601, 2.2). A property's value may be a bare address. A quote that nothing closes reaches to the end, or each would be looked for anew. */
const TOKEN = /"((?:[^"\\]|\\.)*)"?|([^\s;="]+)|([;=])/gsu;

/** Reads the value of an Authentication-Results field, or of ARC-Authentication-Results without its instance (RFC 8601, 2.2; RFC 8617, 4.1.1). */
export function parseAuthenticationResults(value: string): AuthenticationField {
  const [head = [], ...others] = splitClauses(withoutComments(value));
  // Exchange Online begins with the first result, without saying whose it is.
  const isUnnamed = head.includes('=');
  const found = (isUnnamed ? [head, ...others] : others).flatMap((clause) => methodResult(clause) ?? []);
  const of = (method: string): MethodResult | undefined => found.find((each) => each.method === method);
  const [spf, dmarc] = [of('spf'), of('dmarc')];
  return {
    authservId: isUnnamed ? '' : (head[0] ?? '').toLowerCase(),
    results: {
      spf: spf ? { result: spf.result, domain: domainOf(spf, 'smtp.mailfrom', 'smtp.helo') } : NO_RESULTS.spf,
      dkim: found.filter(({ method }) => method === 'dkim').map((each) => ({ result: each.result, domain: domainOf(each, 'header.d', 'header.i') })),
      dmarc: dmarc ? { result: dmarc.result, policy: policyOf(dmarc) } : NO_RESULTS.dmarc,
    },
    dmarcFrom: dmarc ? domainOf(dmarc, 'header.from') : '',
  };
}

/** Comments may be nested, and a quoted text is none (RFC 5322, 3.2.2). */
function withoutComments(value: string): string {
  let depth = 0;
  return value.replaceAll(/"(?:[^"\\]|\\.)*"?|\\.|[()]|[^"\\()]+|["\\]/gsu, (piece) => {
    if (piece === '(') depth += 1;
    const kept = depth === 0 ? piece : ' ';
    if (piece === ')' && depth > 0) depth -= 1;
    return kept;
  });
}

function splitClauses(value: string): string[][] {
  const clauses: string[][] = [[]];
  for (const [, quoted, word, sign] of value.matchAll(TOKEN)) {
    if (sign === ';') clauses.push([]);
    else clauses.at(-1)?.push(quoted ?? word ?? sign ?? '');
  }
  return clauses;
}

/** `method [/version] = result`, then `property = value` pairs. */
function methodResult(clause: readonly string[]): MethodResult | undefined {
  const [method = '', sign, result = ''] = clause;
  if (sign !== '=') return undefined;
  const properties = new Map<string, string>();
  for (let at = 3; at + 2 < clause.length; at += 1) {
    if (clause[at + 1] === '=') properties.set((clause[at] ?? '').toLowerCase(), clause[at + 2] ?? '');
  }
  return { method: method.split('/')[0]?.toLowerCase() ?? '', result: result.toLowerCase(), properties };
}

/** Of the first property that is there, the domain: behind the @ of an address. */
function domainOf({ properties }: MethodResult, ...names: readonly string[]): string {
  const value = names.map((name) => properties.get(name) ?? '').find((each) => each !== '') ?? '';
  return parseDomain(value.slice(value.lastIndexOf('@') + 1).replace(/^<|>$/gu, '')) ?? '';
}

function policyOf({ properties }: MethodResult): string {
  const policy = (properties.get('policy.dmarc') ?? properties.get('p') ?? '').toLowerCase();
  return ['none', 'quarantine', 'reject'].includes(policy) ? policy : '';
}
