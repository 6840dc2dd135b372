/** A user as Graph gives it ("user resource type"). */
export interface EntraUser {
  readonly id: string;
  readonly displayName: string;
  readonly userPrincipalName: string;
  readonly mail: string | null;
  /** `SMTP:` is the main one's. */
  readonly proxyAddresses: readonly string[];
  readonly otherMails: readonly string[];
  readonly mailNickname: string | null;
  readonly onPremisesSamAccountName: string | null;
  readonly employeeId: string | null;
  readonly preferredLanguage: string | null;
  readonly accountEnabled: boolean;
  /** Guest: only a guest of the tenant. */
  readonly userType: 'Member' | 'Guest' | null;
}

/** Whom an organisation has, and its groups by name: with names of users (userPrincipalName) and of other groups. */
export interface EntraTenant {
  readonly users: readonly (Partial<EntraUser> & Pick<EntraUser, 'userPrincipalName'>)[];
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** Names of the groups that a user is in, also by another group. */
export function groupsOf(groups: Readonly<Record<string, readonly string[]>>, userPrincipalName: string): string[] {
  const found = new Set<string>();
  const visit = (member: string): void => {
    for (const [name, members] of Object.entries(groups)) {
      if (!members.includes(member) || found.has(name)) continue;
      found.add(name);
      visit(name);
    }
  };
  visit(userPrincipalName);
  return [...found];
}
