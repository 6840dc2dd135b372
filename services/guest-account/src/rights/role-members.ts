import type { RoleMember as WireMember } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { LOGIN_LENGTH_MAX, ROLE_MEMBERS_MAX } from '../limits.js';
import type { AccountFinder } from '../sign-in/account-finder.js';
import { nameKey, type RoleMember } from './granted-rights.js';

/** Finds the accounts that are named (WD-016). `before`: those that are members already, whose directory need not answer now. */
export type FindRoleMembers = (wire: readonly WireMember[], before: readonly RoleMember[]) => Promise<readonly RoleMember[]>;

/** Throws invalid-argument that names the member whom its directory does not know, and `Failure` while it can't be asked. */
export function findRoleMembersWith(accounts: AccountFinder): FindRoleMembers {
  return async (wire, before) => {
    if (wire.length > ROLE_MEMBERS_MAX) throw invalidField('members', `must be at most ${ROLE_MEMBERS_MAX}`);
    const members: RoleMember[] = [];
    for (const [index, { directoryId, login: text }] of wire.entries()) {
      const login = checkLine(`members.${index}.login`, text, LOGIN_LENGTH_MAX);
      const known = before.find((member) => member.directoryId === directoryId && nameKey(member.login) === nameKey(login));
      members.push(known ?? (await findMember(accounts, `members.${index}`, directoryId, login)));
    }
    const keys = members.map(({ directoryId, accountId }) => `${directoryId} ${accountId}`);
    const twin = keys.findIndex((key, index) => keys.indexOf(key) < index);
    if (twin >= 0) throw invalidField(`members.${twin}.login`, 'is named twice');
    return members;
  };
}

async function findMember(accounts: AccountFinder, field: string, directoryId: string, login: string): Promise<RoleMember> {
  const found = await accounts.inDirectory(directoryId, login);
  if (found === 'no-directory') throw invalidField(`${field}.directoryId`, 'must be the identifier of a directory, not of META');
  if (found === 'nobody') throw invalidField(`${field}.login`, `is not known in that directory: "${login.slice(0, 64)}"`);
  return { directoryId, accountId: found.person.accountId, login: found.person.login };
}
