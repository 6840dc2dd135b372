import type { AfterProcessing } from '../../mailboxes/mailbox.js';

/** What an account may do in a folder, one letter each (RFC 4314, 2.1). */
export interface FolderRights {
  readonly name: string;
  readonly rights: string;
}

/** What stands in the way in a folder, as the end of a sentence. */
export interface Lack {
  readonly folder: string;
  readonly what: string;
}

const MEANINGS: Readonly<Record<string, string>> = { s: 'mark as read (s)', w: 'set flags (w)', t: 'mark as deleted (t)', e: 'expunge (e)', i: 'put mails in (i)' };

/** In the watched folder. To move a mail is to copy and to delete it (RFC 6851, 3.3). */
const NEEDED: Readonly<Record<AfterProcessing, readonly string[]>> = { keep: [], flag: ['s', 'w'], move: ['t', 'e'], delete: ['t', 'e'] };

/** The rights that an account lacks to treat processed mails as wanted. `target`: where they are moved to, if it is there. */
export function missingRights(choice: AfterProcessing, watched: FolderRights, target?: FolderRights): Lack[] {
  return [lack(watched, NEEDED[choice]), ...(choice === 'move' && target ? [lack(target, ['i'])] : [])].filter((found) => found !== undefined);
}

function lack({ name, rights }: FolderRights, needed: readonly string[]): Lack | undefined {
  // By RFC 2086, the rule before, "d" is t and e in one. A server of today says it too where it grants but one of them (RFC 4314, 2.1.1).
  const granted = /[tex]/.test(rights) ? rights : rights.replace('d', 'te');
  const missing = needed.filter((letter) => !granted.includes(letter));
  return missing.length === 0 ? undefined : { folder: name, what: `it lacks the ${missing.length === 1 ? 'right' : 'rights'} to ${missing.map((letter) => MEANINGS[letter]).join(' and to ')}` };
}
