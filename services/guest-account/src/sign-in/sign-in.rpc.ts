import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { ChangePasswordRequest, SignInRequest, SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { callerOf } from '@inkpost/service/control-listener.js';
import { RIGHTS } from '@inkpost/service/rights.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ACCOUNT_LENGTH_MAX, PASSWORD_LENGTH_MAX } from '../limits.js';
import type { AdministratorStore } from './administrator.store.js';
import type { CredentialChecker } from './check-credentials.js';
import { hashPassword } from './password-hash.js';
import { passwordProblem } from './password-policy.js';

/** Signing in to administer. Needs no right: it is where rights come from. */
export class SignInRpc implements ServiceImpl<typeof SignInService> {
  constructor(
    private readonly credentials: CredentialChecker,
    private readonly administrators: AdministratorStore,
    private readonly log: Log,
  ) {}

  async signIn({ account, password, source }: SignInRequest, context: HandlerContext) {
    callerOf(context);
    checkLengths(account, 'password', password);
    const check = await this.credentials.check({ account, password, source });
    if (check.outcome !== 'proven') return check;
    const { name, passwordMustChange, changedAt } = check.administrator;
    this.log.info('signed in', { account: name, source, passwordMustChange });
    return { outcome: 'signed-in', passwordVersion: BigInt(changedAt.getTime()), passwordMustChange, rights: passwordMustChange ? [] : [...RIGHTS] };
  }

  async changePassword({ account, currentPassword, newPassword, source }: ChangePasswordRequest, context: HandlerContext) {
    callerOf(context);
    checkLengths(account, 'currentPassword', currentPassword);
    const problem = passwordProblem(newPassword);
    if (problem) throw invalidField('newPassword', problem);
    if (newPassword === currentPassword) throw invalidField('newPassword', 'must be another than the current password');
    const check = await this.credentials.check({ account, password: currentPassword, source });
    if (check.outcome !== 'proven') return check;
    const { name } = check.administrator;
    const changedAt = await this.administrators.setPassword(check.administrator, await hashPassword(newPassword));
    if (!changedAt) return { outcome: 'refused' };
    this.log.info('password changed', { account: name, source });
    return { outcome: 'changed', passwordVersion: BigInt(changedAt.getTime()) };
  }
}

function checkLengths(account: string, passwordField: string, password: string): void {
  if (account.length > ACCOUNT_LENGTH_MAX || account.includes('\u0000')) throw invalidField('account', `must be at most ${ACCOUNT_LENGTH_MAX} characters of text`);
  if (password.length > PASSWORD_LENGTH_MAX) throw invalidField(passwordField, `must have at most ${PASSWORD_LENGTH_MAX} characters`);
}
