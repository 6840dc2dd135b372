import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { ownerLimits } from '../limits.js';
import type { NewOwner } from './owner-change.js';

/** What is wrong with a field (its JSON name), and what to do; undefined: nothing is. */
export function checkOwner({ accountId, directory, address, displayName, language, groups }: Omit<NewOwner, 'hasPin'>): { readonly field: string; readonly reason: string } | undefined {
  const isLong = (text: string): boolean => text.length > ownerLimits.textLengthMax;
  if (accountId === '' || isLong(accountId)) return { field: 'accountId', reason: 'must be the id of an account' };
  if (directory === '' || isLong(directory)) return { field: 'directory', reason: 'must be the name of a directory' };
  if (parseMailAddress(address)?.text !== address) return { field: 'address', reason: 'must be an e-mail address in its normal form' };
  if (isLong(displayName)) return { field: 'displayName', reason: `must have at most ${ownerLimits.textLengthMax} characters` };
  if (language !== 'fr' && language !== 'en') return { field: 'language', reason: 'must be fr or en' };
  if (groups.length > ownerLimits.groupsMax || groups.some(isLong)) return { field: 'groups', reason: `must be at most ${ownerLimits.groupsMax} names` };
  return undefined;
}
