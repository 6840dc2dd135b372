import { GROUP_NAME_LENGTH_MAX, LOGIN_LENGTH_MAX, VOUCHED_GROUPS_MAX } from '../limits.js';
import type { SignOnSettings } from './sign-on-settings.js';

export type Claims = Readonly<Record<string, unknown>>;

/** Who came back from the sign-in server, by its word; or why nobody can say. */
export type Visitor = { readonly kind: 'known'; readonly login: string; readonly groups: readonly string[] } | { readonly kind: 'nameless'; readonly problem: string };

/** Only what the server vouches for counts: an address that it has not verified may be anybody's. */
export function identifyVisitor({ loginClaim, loginDomain, groupsClaim }: Pick<SignOnSettings, 'loginClaim' | 'loginDomain' | 'groupsClaim'>, claims: Claims): Visitor {
  const value = claims[loginClaim];
  if (typeof value !== 'string' || value.trim() === '') return nameless(`The sign-in server says no "${loginClaim}": let it add this claim to the client's tokens, ask for the scope that brings it, or choose another loginClaim.`);
  if (loginClaim === 'email' && claims['email_verified'] !== true) return nameless('The sign-in server has not verified the e-mail address (email_verified), which might be anybody\'s: let it do so, or choose another loginClaim.');
  const login = loginDomain === '' ? value.trim() : beforeDomain(value.trim(), loginDomain);
  if (login === undefined || login === '') return nameless(`The claim "${loginClaim}" does not end with @${loginDomain}: who signed in is of another organisation, or loginDomain is wrong.`);
  if (login.length > LOGIN_LENGTH_MAX) return nameless(`The claim "${loginClaim}" is longer than a login can be.`);
  return { kind: 'known', login, groups: groupsIn(groupsClaim === '' ? undefined : claims[groupsClaim]) };
}

/** Of `ada@example.org` what is before the @, if it ends with this domain. */
function beforeDomain(text: string, domain: string): string | undefined {
  return text.toLowerCase().endsWith(`@${domain.toLowerCase()}`) ? text.slice(0, -domain.length - 1) : undefined;
}

/** A list, or a single one, which some servers say without a list. */
function groupsIn(value: unknown): readonly string[] {
  const groups: readonly unknown[] = Array.isArray(value) ? value : [value];
  return groups.filter((group): group is string => typeof group === 'string' && group !== '' && group.length <= GROUP_NAME_LENGTH_MAX).slice(0, VOUCHED_GROUPS_MAX);
}

function nameless(problem: string): Visitor {
  return { kind: 'nameless', problem };
}
