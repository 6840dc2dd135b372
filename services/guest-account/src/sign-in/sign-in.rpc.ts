import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { ChangePasswordRequest, CheckStandingRequest, SignInRequest, SignInService, SignInVouchedRequest } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ACCOUNT_LENGTH_MAX, GROUP_NAME_LENGTH_MAX, PASSWORD_LENGTH_MAX, VOUCHED_GROUPS_MAX } from '../limits.js';
import type { AccountFinder } from './account-finder.js';
import { type AccountIdentity, type AccountStandings, identityOf, MAINTENANCE_IDENTITY, passwordVersionOf } from './account-standing.js';
import type { AdministratorStore } from './administrator.store.js';
import type { CredentialChecker, ProvenAccount } from './check-credentials.js';
import type { MaintenanceProofStore } from './maintenance-proof.store.js';
import { hashPassword } from './password-hash.js';
import { passwordProblem } from './password-policy.js';

export interface SignInParts {
  readonly credentials: CredentialChecker;
  readonly administrators: AdministratorStore;
  readonly accounts: AccountFinder;
  readonly standings: AccountStandings;
  readonly proofs: MaintenanceProofStore;
  readonly log: Log;
}

/** Signing in, by password or by the word of a sign-in server. Needs no right: it is where rights come from. */
export class SignInRpc implements ServiceImpl<typeof SignInService> {
  constructor(private readonly parts: SignInParts) {}

  async signIn({ account, password, source }: SignInRequest, context: HandlerContext) {
    callerOf(context);
    checkLengths(account, 'password', password);
    const check = await this.parts.credentials.check({ account, password, source });
    if (check.outcome !== 'proven') return check;
    await this.keepProof(check.account, password);
    const answer = await this.describe(check.account);
    this.parts.log.info('signed in', { account: answer.account.name, source, passwordMustChange: answer.passwordMustChange, rights: answer.rights.length });
    return { outcome: 'signed-in', ...answer };
  }

  async signInVouched({ directoryId, login, groups, source }: SignInVouchedRequest, context: HandlerContext) {
    callerOf(context);
    checkLengths(login, 'login', '');
    const found = await this.parts.accounts.inDirectory(directoryId, login);
    if (typeof found === 'string' || found.person.locked) {
      this.parts.log.warning('sign-in refused', { directoryId, vouched: true, reason: typeof found === 'string' ? found : 'locked', source });
      return { outcome: 'refused' };
    }
    const account = identityOf(found, groups.filter((group) => group !== '' && group.length <= GROUP_NAME_LENGTH_MAX).slice(0, VOUCHED_GROUPS_MAX));
    const passwordVersion = BigInt(await passwordVersionOf(found));
    const rights = [...(await this.parts.standings.rightsOf(found, account.vouchedGroups))];
    this.parts.log.info('signed in', { account: account.name, source, vouched: true, rights: rights.length });
    return { outcome: 'signed-in', account: toWire(account), rights, passwordVersion };
  }

  async checkStanding({ account }: CheckStandingRequest, context: HandlerContext) {
    callerOf(context);
    if (!account) throw invalidField('account', 'is missing');
    const standing = await this.parts.standings.of(account);
    if (standing.outcome !== 'stands') return { outcome: standing.outcome };
    return { outcome: 'stands', rights: [...standing.rights], passwordVersion: BigInt(standing.passwordVersion) };
  }

  async changePassword({ account, currentPassword, newPassword, source }: ChangePasswordRequest, context: HandlerContext) {
    callerOf(context);
    checkLengths(account, 'currentPassword', currentPassword);
    const problem = passwordProblem(newPassword);
    if (problem) throw invalidField('newPassword', problem);
    if (newPassword === currentPassword) throw invalidField('newPassword', 'must be another than the current password');
    const check = await this.parts.credentials.check({ account, password: currentPassword, source });
    if (check.outcome !== 'proven') return check;
    const passwordVersion = await this.change(check.account, newPassword);
    if (passwordVersion === undefined) return { outcome: 'refused' };
    this.parts.log.info('password changed', { account: nameOf(check.account), source });
    return { outcome: 'changed', passwordVersion: BigInt(passwordVersion) };
  }

  /** A password from before there were proofs, or whose proof was not kept because the service was stopped at that moment. */
  private async keepProof(proven: ProvenAccount, password: string): Promise<void> {
    if (proven.kind === 'maintenance' && !proven.administrator.passwordMustChange) await this.parts.proofs.ensure(password, proven.administrator.changedAt);
  }

  private async describe(proven: ProvenAccount) {
    if (proven.kind === 'maintenance') {
      const { passwordMustChange, changedAt } = proven.administrator;
      return { account: toWire(MAINTENANCE_IDENTITY), passwordMustChange, passwordVersion: BigInt(changedAt.getTime()), rights: passwordMustChange ? [] : [...RIGHTS] };
    }
    const rights = [...(await this.parts.standings.rightsOf(proven, []))];
    return { account: toWire(identityOf(proven, [])), passwordMustChange: false, passwordVersion: BigInt(proven.passwordVersion), rights };
  }

  /** Gives the new password's version; undefined: somebody else changed it since it was proven. */
  private async change(proven: ProvenAccount, newPassword: string): Promise<number | undefined> {
    if (proven.kind === 'maintenance') {
      const changedAt = await this.parts.administrators.setPassword(proven.administrator, await hashPassword(newPassword));
      if (changedAt) await this.parts.proofs.keep(newPassword, changedAt);
      return changedAt?.getTime();
    }
    const { people, person, directory, passwordVersion } = proven;
    if (!people.passwords) throw new ConnectError(`The directory ${directory.name} keeps this password: change it there.`, Code.FailedPrecondition);
    return people.passwords.change(person.accountId, await hashPassword(newPassword), passwordVersion);
  }
}

function nameOf(proven: ProvenAccount): string {
  return proven.kind === 'maintenance' ? MAINTENANCE_IDENTITY.name : identityOf(proven, []).name;
}

function toWire({ vouchedGroups, ...account }: AccountIdentity) {
  return { ...account, vouchedGroups: [...vouchedGroups] };
}

function checkLengths(account: string, passwordField: string, password: string): void {
  if (account.length > ACCOUNT_LENGTH_MAX || account.includes('\u0000')) throw invalidField('account', `must be at most ${ACCOUNT_LENGTH_MAX} characters of text`);
  if (password.length > PASSWORD_LENGTH_MAX) throw invalidField(passwordField, `must have at most ${PASSWORD_LENGTH_MAX} characters`);
}
