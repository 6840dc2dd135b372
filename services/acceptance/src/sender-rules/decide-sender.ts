import { type MailAddress, parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { Conditions } from './conditions.js';
import type { UnknownSender } from './unknown-sender.js';

/** Conditions made ready to decide: one look per list, however many entries it has. */
export interface SenderRules {
  readonly acceptedDomains: ReadonlySet<string>;
  readonly acceptedAddresses: ReadonlySet<string>;
  readonly refusedDomains: ReadonlySet<string>;
  readonly refusedAddresses: ReadonlySet<string>;
  readonly unknownSender: UnknownSender;
  readonly sponsors: readonly string[];
}

export interface SenderDecision {
  readonly accepted: boolean;
  /** The rule that decided, such as `refused address d.dupont@example.org`; empty when none matched. */
  readonly rule: string;
}

export function senderRules(conditions: Conditions): SenderRules {
  return {
    acceptedDomains: new Set(conditions.acceptedDomains),
    acceptedAddresses: new Set(conditions.acceptedAddresses),
    refusedDomains: new Set(conditions.refusedDomains),
    refusedAddresses: new Set(conditions.refusedAddresses),
    unknownSender: conditions.unknownSender,
    sponsors: conditions.sponsors,
  };
}

/** One look at an address: does an entry of this list cover it? */
interface SenderCheck {
  readonly kind: string;
  readonly accepts: boolean;
  readonly entries: (rules: SenderRules) => ReadonlySet<string>;
  /** The entry that covers the address. */
  readonly match: (entries: ReadonlySet<string>, address: MailAddress) => string | undefined;
}

/** In their order: refused beats accepted (SKY-068), however exact the accepted entry is. The first that matches decides. */
export const SENDER_CHECKS: readonly SenderCheck[] = [
  { kind: 'refused address', accepts: false, entries: (rules) => rules.refusedAddresses, match: matchingAddress },
  { kind: 'refused domain', accepts: false, entries: (rules) => rules.refusedDomains, match: matchingDomain },
  { kind: 'accepted address', accepts: true, entries: (rules) => rules.acceptedAddresses, match: matchingAddress },
  { kind: 'accepted domain', accepts: true, entries: (rules) => rules.acceptedDomains, match: matchingDomain },
];

/** May this sender print? Who is not accepted is refused; an address that can't be parsed matches nothing. */
export function decideSender(rules: SenderRules, sender: string): SenderDecision {
  const address = parseMailAddress(sender);
  if (!address) return { accepted: false, rule: '' };
  for (const { kind, accepts, entries, match } of SENDER_CHECKS) {
    const entry = match(entries(rules), address);
    if (entry !== undefined) return { accepted: accepts, rule: `${kind} ${entry}` };
  }
  return { accepted: false, rule: '' };
}

function matchingAddress(entries: ReadonlySet<string>, { text }: MailAddress): string | undefined {
  return entries.has(text) ? text : undefined;
}

/** The entry that covers a domain: itself, or `*.` and one of the domains above it. */
function matchingDomain(entries: ReadonlySet<string>, { domain }: MailAddress): string | undefined {
  if (entries.has(domain)) return domain;
  for (let dot = domain.indexOf('.'); dot > 0; dot = domain.indexOf('.', dot + 1)) {
    const subdomains = `*${domain.slice(dot)}`;
    if (entries.has(subdomains)) return subdomains;
  }
  return undefined;
}

/** SKY-120, the exact status of a job whose sender may not print. */
export function forbiddenSenderText(sender: string): string {
  return `The job was submitted with a forbidden e-mail address: ${sender}`;
}
