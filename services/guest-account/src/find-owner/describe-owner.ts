import type { PersonLookup } from '../find-person/ask-directories.js';
import { type Language, languageOf } from '../installation.js';
import { GUESTS } from '../directories/directory.js';
import { boundedGroups } from '../resolve-owner/owner-outcome.js';
import type { KnownGuest } from '../resolve-owner/decide-owner.js';

/** Whom a document can be given to. */
export interface FoundOwner {
  readonly accountId: string;
  readonly directory: string;
  /** Where mails go. */
  readonly address: string;
  readonly displayName: string;
  readonly language: Language;
  readonly groups: string[];
  readonly hasPin: boolean;
}

export type OwnerSearch =
  | { readonly outcome: 'found'; readonly owner: FoundOwner }
  | { readonly outcome: 'nobody' | 'ended' | 'ambiguous' | 'waiting'; readonly problem: string };

/** Who has the address, as far as a document may be theirs: whose account has ended or is locked gets none. */
export function describeOwner(address: string, lookup: PersonLookup<KnownGuest>, hasPin: boolean, installationLanguage: Language): OwnerSearch {
  switch (lookup.kind) {
    case 'person': {
      const { directory, person: { accountId, addresses, displayName, language, locked }, groups } = lookup;
      if (locked) return { outcome: 'ended', problem: `The account of ${address} in the directory ${directory} is locked.` };
      return { outcome: 'found', owner: { accountId, directory, address: addresses[0] ?? address, displayName, language: languageOf(language) ?? installationLanguage, groups: boundedGroups(groups), hasPin } };
    }
    case 'guest': {
      const { accountId, displayName, language, locked, notYet, expired, group } = lookup.guest;
      if (locked || notYet || expired) return { outcome: 'ended', problem: `The guest ${address} ${locked ? 'is locked' : notYet ? 'is not valid yet' : 'is no longer valid'}.` };
      return { outcome: 'found', owner: { accountId, directory: GUESTS, address: lookup.guest.address, displayName, language: languageOf(language) ?? installationLanguage, groups: boundedGroups(group ? [group] : []), hasPin } };
    }
    case 'ambiguous':
      return { outcome: 'ambiguous', problem: `Several users of the directory ${lookup.directory} have the address ${address}.` };
    case 'nobody':
    default:
      return { outcome: 'nobody', problem: `Nobody has the address ${address}.` };
  }
}
