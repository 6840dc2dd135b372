import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '@inkpost/failure/failure.js';
import { type Right, RIGHTS } from '@inkpost/service/rights.js';
import { STANDING_WAIT_MAX_MS } from '../limits.js';
import { rightsOf } from '../rights/granted-rights.js';
import type { RightsStore } from '../rights/rights.store.js';
import type { AccountFinder, FoundAccount } from './account-finder.js';
import type { AdministratorStore } from './administrator.store.js';
import { MAINTENANCE_ACCOUNT } from './maintenance-account.js';

/** Who signed in, as sessions and API tokens keep it. */
export interface AccountIdentity {
  /** `maintenance`, or `DIRECTORY\login`. */
  readonly name: string;
  /** Empty: maintenance. */
  readonly directoryId: string;
  readonly accountId: string;
  readonly login: string;
  /** Groups that a sign-in server vouched for, besides those that the directory knows. */
  readonly vouchedGroups: readonly string[];
}

export type Standing =
  | { readonly outcome: 'stands'; readonly rights: readonly Right[]; readonly passwordVersion: number }
  /** Removed, locked, or outside the time that it is valid for. */
  | { readonly outcome: 'over' }
  /** The directory can't be asked now. */
  | { readonly outcome: 'unknown' };

/** What an account may do now: the one place that knows, for every way to sign in. */
export class AccountStandings {
  constructor(
    private readonly administrators: AdministratorStore,
    private readonly accounts: AccountFinder,
    private readonly rights: RightsStore,
  ) {}

  /** Of who signed in before. Soon: somebody's request waits for it. */
  async of(account: AccountIdentity): Promise<Standing> {
    return Promise.race([this.lookAt(account), sleep<Standing>(STANDING_WAIT_MAX_MS, { outcome: 'unknown' }, { ref: false })]);
  }

  private async lookAt(account: AccountIdentity): Promise<Standing> {
    if (account.directoryId === '') return account.name === MAINTENANCE_ACCOUNT ? this.ofMaintenance() : { outcome: 'over' };
    try {
      const found = await this.accounts.inDirectory(account.directoryId, account.login);
      // Somebody else may have the login by now.
      if (typeof found === 'string' || found.person.accountId !== account.accountId || found.person.locked) return { outcome: 'over' };
      const passwordVersion = await passwordVersionOf(found);
      return { outcome: 'stands', rights: await this.rightsOf(found, account.vouchedGroups), passwordVersion };
    } catch (error) {
      if (error instanceof Failure) return { outcome: 'unknown' };
      throw error;
    }
  }

  /** The rights of a directory's account. `vouchedGroups`: of a sign-in server, besides the groups that the directory knows. Throws a `Failure` while it can't be asked. */
  async rightsOf({ directory: { directoryId }, people, person }: FoundAccount, vouchedGroups: readonly string[]): Promise<readonly Right[]> {
    const { accountId, login } = person;
    const subject = { directoryId, accountId, login, groups: [...(await people.groupsOf(person)), ...vouchedGroups] };
    return rightsOf(subject, await this.rights.grantsNaming(subject));
  }

  private async ofMaintenance(): Promise<Standing> {
    const administrator = await this.administrators.find(MAINTENANCE_ACCOUNT);
    if (!administrator) return { outcome: 'over' };
    return { outcome: 'stands', rights: administrator.passwordMustChange ? [] : RIGHTS, passwordVersion: administrator.changedAt.getTime() };
  }
}

/** Of the password that lies here; 0: the directory keeps it. */
export async function passwordVersionOf({ people, person }: FoundAccount): Promise<number> {
  return (await people.passwords?.versionOf(person.accountId)) ?? 0;
}

export function identityOf({ directory, person }: FoundAccount, vouchedGroups: readonly string[]): AccountIdentity {
  return { name: `${directory.name}\\${person.login}`, directoryId: directory.directoryId, accountId: person.accountId, login: person.login, vouchedGroups };
}

export const MAINTENANCE_IDENTITY: AccountIdentity = { name: MAINTENANCE_ACCOUNT, directoryId: '', accountId: '', login: MAINTENANCE_ACCOUNT, vouchedGroups: [] };
