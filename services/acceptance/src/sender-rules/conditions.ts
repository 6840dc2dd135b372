import { parseDomain, parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { CONDITION_ENTRIES_MAX, CONDITION_ENTRY_LENGTH_MAX, CONDITION_TEXT_LENGTH_MAX, SPONSORS_MAX } from '../limits.js';
import { type UnknownSender, unknownSenderOf } from './unknown-sender.js';

/** Who may print by mail (SKY-064..071), in canonical form: lower-cased, domains in ASCII, `*.example.org` for subdomains. */
export interface Conditions {
  readonly acceptedDomains: readonly string[];
  readonly acceptedAddresses: readonly string[];
  readonly refusedDomains: readonly string[];
  readonly refusedAddresses: readonly string[];
  /** What becomes of an accepted sender whom nobody knows (SKY-071). */
  readonly unknownSender: UnknownSender;
  /** Who may vouch for an unknown sender. */
  readonly sponsors: readonly string[];
}

/** As they come from outside. */
export type WantedConditions = Omit<Conditions, 'unknownSender'> & { readonly unknownSender: string };

/** Nobody is accepted: the default. */
export const NO_CONDITIONS: Conditions = { acceptedDomains: [], acceptedAddresses: [], refusedDomains: [], refusedAddresses: [], unknownSender: 'refuse', sponsors: [] };

type ConditionList = Exclude<keyof Conditions, 'unknownSender'>;

/** What is wrong with conditions that somebody wants to set. */
interface ConditionProblem {
  readonly field: keyof Conditions;
  readonly reason: string;
}

/** Puts conditions into canonical form, entry by entry, each once and in its order; or names the first entry that can't be one. */
export function normaliseConditions(wanted: WantedConditions): Conditions | ConditionProblem {
  const lists: Record<ConditionList, readonly string[]> = { acceptedDomains: [], acceptedAddresses: [], refusedDomains: [], refusedAddresses: [], sponsors: [] };
  for (const field of Object.keys(lists) as ConditionList[]) {
    const normalised = normaliseList(field, wanted[field]);
    if ('reason' in normalised) return normalised;
    lists[field] = normalised.entries;
  }
  const unknownSender = unknownSenderOf(wanted.unknownSender);
  if (unknownSender === undefined) return { field: 'unknownSender', reason: 'must be refuse, create, confirm, sponsor or hold' };
  if (unknownSender === 'sponsor' && lists.sponsors.length === 0) return { field: 'sponsors', reason: 'are missing: name at least one address whose owner vouches for unknown senders' };
  return { ...lists, unknownSender };
}

function normaliseList(field: ConditionList, wanted: readonly string[]): { readonly entries: readonly string[] } | ConditionProblem {
  if (wanted.some((text) => text.length > CONDITION_TEXT_LENGTH_MAX)) return { field, reason: `has a text of more than ${CONDITION_TEXT_LENGTH_MAX} characters` };
  const texts = wanted.flatMap(splitEntries);
  const entriesMax = field === 'sponsors' ? SPONSORS_MAX : CONDITION_ENTRIES_MAX;
  if (texts.length > entriesMax) return { field, reason: `has ${texts.length} entries; at most ${entriesMax} are allowed` };
  const isDomains = field === 'acceptedDomains' || field === 'refusedDomains';
  const entries = new Set<string>();
  for (const [index, text] of texts.entries()) {
    const entry = text.length > CONDITION_ENTRY_LENGTH_MAX ? undefined : isDomains ? normaliseDomain(text) : parseMailAddress(text)?.text;
    if (entry === undefined) return { field, reason: whyNot(index, text, isDomains) };
    entries.add(entry);
  }
  return { entries: [...entries] };
}

/**
 * Several entries in one text have semicolons between (SKY-065), one more at the end does no harm; a quoted local part, of
 * 64 octets at most, may bear semicolons of its own (RFC 5321, 4.1.2 and 4.5.3.1). A text without any entry is kept, to be refused by name.
 */
function splitEntries(text: string): string[] {
  const entries = (text.match(/(?:"(?:\\.|[^"\\]){0,64}"|[^;])+/gsu) ?? []).map((entry) => entry.trim()).filter((entry) => entry !== '');
  return entries.length > 0 ? entries : [text.trim()];
}

/** `@example.org`, as people write it (SKY-068), means `example.org`. */
function normaliseDomain(text: string): string | undefined {
  const [, subdomains = '', name = ''] = /^@?(\*\.)?(.*)$/su.exec(text) ?? [];
  const domain = parseDomain(name);
  return domain === undefined ? undefined : `${subdomains}${domain}`;
}

function whyNot(index: number, text: string, isDomains: boolean): string {
  const entry = `entry ${index + 1} (${JSON.stringify(text.slice(0, 80))})`;
  return isDomains
    ? `${entry} is not a domain: write example.org, or *.example.org for its subdomains; several with ; between`
    : `${entry} is not an e-mail address: write somebody@example.org; several with ; between`;
}
