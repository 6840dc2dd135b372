import type { PersonLookup } from '../find-person/ask-directories.js';
import type { KnownGuest, OwnerDecision } from '../resolve-owner/decide-owner.js';

/** For whom a mail would be printed, and what would be done for it; for people. */
export interface OwnerPreview {
  readonly outcome: 'person' | 'guest' | 'create' | 'confirm' | 'sponsor' | 'hold' | 'refused' | 'waiting';
  readonly directory: string;
  readonly accountId: string;
  readonly displayName: string;
  readonly statusText: string;
  readonly report: readonly string[];
}

const NOBODY = { directory: '', accountId: '', displayName: '', statusText: '' } as const;

/** What a mail of this address would come to (SKY-073). */
export function describePreview(address: string, lookup: PersonLookup<KnownGuest>, decision: OwnerDecision, sponsors: readonly string[]): OwnerPreview {
  const where = lookup.asked.length > 0 ? [`Asked in vain: ${lookup.asked.join(', ')}.`] : [];
  switch (decision.kind) {
    case 'known': {
      const { directory, person: { accountId, login, displayName } } = decision.lookup;
      return { ...NOBODY, outcome: 'person', directory, accountId, displayName, report: [...where, `The directory ${directory} answers: ${displayName || login} (${login}). It would be printed for this account.`] };
    }
    case 'found':
    case 'revived': {
      const { accountId, displayName } = decision.guest;
      const revived = decision.kind === 'revived' ? ' The account has ended, and would be valid again.' : '';
      return { ...NOBODY, outcome: 'guest', directory: directoryOf(lookup), accountId, displayName, report: [...where, `The guest base answers: ${displayName || address}. It would be printed for this guest.${revived}`] };
    }
    case 'created':
      return { ...NOBODY, outcome: 'create', report: [...where, `Nobody has the address ${address}. A guest would be created.`] };
    case 'awaited':
      return { ...NOBODY, outcome: decision.policy, report: [...where, `${nobody(lookup, address)} ${awaited(decision.policy, address, sponsors)}`] };
    case 'refused':
    default:
      return { ...NOBODY, outcome: 'refused', directory: directoryOf(lookup), statusText: decision.statusText, report: [...where, `Refused: ${decision.statusText}`] };
  }
}

/** A directory that must be asked is away. */
export function previewWaiting(message: string): OwnerPreview {
  return { ...NOBODY, outcome: 'waiting', report: [message, 'A mail would wait until it answers.'] };
}

function directoryOf(lookup: PersonLookup<KnownGuest>): string {
  return lookup.kind === 'nobody' ? '' : lookup.directory;
}

function nobody(lookup: PersonLookup<KnownGuest>, address: string): string {
  return lookup.kind === 'guest' ? `The account of the guest ${address} has ended.` : `Nobody has the address ${address}.`;
}

function awaited(policy: 'confirm' | 'sponsor' | 'hold', address: string, sponsors: readonly string[]): string {
  const others = sponsors.filter((sponsor) => sponsor !== address);
  if (policy === 'confirm') return 'The sender would be asked by mail to confirm, and then a guest would be created; an automatic mail would be refused.';
  if (policy === 'sponsor' && others.length > 0) return `The mail would wait, and ${others.join(', ')} would be asked by mail to vouch for the sender.`;
  return 'The mail would wait until an administrator lets the sender in.';
}
