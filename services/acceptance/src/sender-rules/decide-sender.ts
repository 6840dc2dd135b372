import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import type { Conditions } from './conditions.js';

/** Conditions made ready to decide: one look per list, however many entries it has. */
export interface SenderRules {
  readonly acceptedDomains: ReadonlySet<string>;
  readonly acceptedAddresses: ReadonlySet<string>;
  readonly refusedDomains: ReadonlySet<string>;
  readonly refusedAddresses: ReadonlySet<string>;
  readonly userCreationAllowed: boolean;
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
    userCreationAllowed: conditions.userCreationAllowed,
  };
}

/**
 * May this sender print? Refused beats accepted (SKY-068), however exact the accepted entry is; who is not accepted is
 * refused. An address that can't be parsed matches nothing.
 */
export function decideSender(rules: SenderRules, sender: string): SenderDecision {
  const address = parseMailAddress(sender);
  if (!address) return { accepted: false, rule: '' };
  if (rules.refusedAddresses.has(address.text)) return { accepted: false, rule: `refused address ${address.text}` };
  const refusedDomain = matchingDomain(rules.refusedDomains, address.domain);
  if (refusedDomain) return { accepted: false, rule: `refused domain ${refusedDomain}` };
  if (rules.acceptedAddresses.has(address.text)) return { accepted: true, rule: `accepted address ${address.text}` };
  const acceptedDomain = matchingDomain(rules.acceptedDomains, address.domain);
  return acceptedDomain ? { accepted: true, rule: `accepted domain ${acceptedDomain}` } : { accepted: false, rule: '' };
}

/** The entry that covers a domain: itself, or `*.` and one of the domains above it. */
function matchingDomain(entries: ReadonlySet<string>, domain: string): string | undefined {
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
