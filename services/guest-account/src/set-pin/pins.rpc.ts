import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { setTimeout as sleep } from 'node:timers/promises';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  GetOwnPinRequest, GetPinPolicyRequest, PinService, PutPinPolicyRequest, RequestPinLinkRequest, SetOwnPinRequest, SetPinByLinkRequest, ShowPinLinkRequest,
} from '@inkpost/contracts/admin/v1/identification_pb.js';
import type { Account } from '@inkpost/contracts/admin/v1/rights_pb.js';
import { authorize, callerOf } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { ADDRESS_LENGTH_MAX, PIN_REQUEST_ANSWERED_AFTER_MS } from '../limits.js';
import type { AccountFinder, FoundAccount } from '../sign-in/account-finder.js';
import { identityOf } from '../sign-in/account-standing.js';
import type { PinLink } from './pin-link.store.js';
import { type PinPolicy, pinProblem, policyProblem } from './pin-policy.js';
import type { PinStore } from './pin.store.js';
import type { DeadLink, PinByLink } from './set-pin-by-link.js';

interface Parts {
  readonly pins: PinStore;
  readonly byLink: PinByLink;
  readonly accounts: AccountFinder;
  readonly log: Log;
}

/** Setting PINs: one's own once signed in, or by a link; and what they must look like. */
export class PinsRpc implements ServiceImpl<typeof PinService> {
  constructor(private readonly parts: Parts) {}

  async getPinPolicy(_request: GetPinPolicyRequest, context: HandlerContext) {
    callerOf(context);
    return { policy: await this.parts.pins.policy() };
  }

  async putPinPolicy({ policy }: PutPinPolicyRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const lengthMin = policy?.lengthMin ?? 0;
    const problem = policyProblem({ lengthMin });
    if (problem !== undefined) throw invalidField('lengthMin', problem);
    await this.parts.pins.setPolicy({ lengthMin });
    this.parts.log.info('PIN policy changed', { lengthMin, actor });
    return { policy: { lengthMin } };
  }

  async getOwnPin({ account }: GetOwnPinRequest, context: HandlerContext) {
    callerOf(context);
    const { person: { accountId } } = await this.standing(account);
    const [hasPin, changedAt, policy] = await Promise.all([this.parts.pins.has(accountId), this.parts.pins.changedAt(accountId), this.parts.pins.policy()]);
    return { hasPin, policy, ...(changedAt ? { changedAt: timestampFromDate(changedAt) } : {}) };
  }

  async setOwnPin({ account, pin }: SetOwnPinRequest, context: HandlerContext) {
    callerOf(context);
    const found = await this.standing(account);
    if (pin !== '') ensureGood(pin, await this.parts.pins.policy());
    await this.parts.pins.set({ accountId: found.person.accountId, directoryId: found.directory.directoryId }, pin);
    this.parts.log.info(pin === '' ? 'PIN removed' : 'PIN set', { account: identityOf(found, []).name });
    return {};
  }

  async requestPinLink({ address, source }: RequestPinLinkRequest, context: HandlerContext) {
    callerOf(context);
    if (address.length > ADDRESS_LENGTH_MAX || address.includes('\u0000')) throw invalidField('address', `must be at most ${ADDRESS_LENGTH_MAX} characters of text`);
    // Nobody waits for its outcome, so that neither the answer nor its time says whether the address is known.
    this.parts.byLink.request(address, source).then(
      (outcome) => this.parts.log.info('link to set a PIN wanted', { outcome, source }),
      (error: unknown) => this.parts.log.warning('link to set a PIN not mailed', { error, source }),
    );
    await sleep(PIN_REQUEST_ANSWERED_AFTER_MS);
    return {};
  }

  async showPinLink({ linkId, proof }: ShowPinLinkRequest, context: HandlerContext) {
    callerOf(context);
    const [link, policy] = await Promise.all([this.parts.byLink.open(linkId, proof), this.parts.pins.policy()]);
    return { link: toWire(link, policy) };
  }

  async setPinByLink({ linkId, proof, pin }: SetPinByLinkRequest, context: HandlerContext) {
    callerOf(context);
    const policy = await this.parts.pins.policy();
    const link = await this.parts.byLink.open(linkId, proof);
    // What is wrong with a PIN is told to who may set one.
    if (typeof link === 'string') return { link: toWire(link, policy), set: false };
    ensureGood(pin, policy);
    const found = await this.parts.byLink.set(linkId, proof, pin);
    if (typeof found === 'string') return { link: toWire(found, policy), set: false };
    this.parts.log.info('PIN set by a link', { account: identityOf(found, []).name });
    return { link: { state: 'used', policy, displayName: link.displayName, openUntil: timestampFromDate(link.openUntil) }, set: true };
  }

  /** Of who is signed in, as the caller vouches. */
  private async standing(account: Account | undefined): Promise<FoundAccount> {
    if (!account) throw invalidField('account', 'is missing');
    if (account.directoryId === '') throw new ConnectError('The account maintenance has no PIN: it prints nothing.', Code.FailedPrecondition);
    const found = await this.parts.accounts.inDirectory(account.directoryId, account.login);
    if (typeof found === 'string' || found.person.accountId !== account.accountId || found.person.locked) throw new ConnectError('This account is no longer valid.', Code.FailedPrecondition);
    return found;
  }
}

function ensureGood(pin: string, policy: PinPolicy): void {
  const problem = pinProblem(pin, policy);
  if (problem !== undefined) throw invalidField('pin', problem);
}

function toWire(link: PinLink | DeadLink, policy: PinPolicy) {
  if (typeof link === 'string') return { state: link, policy };
  return { state: 'open', policy, displayName: link.displayName, openUntil: timestampFromDate(link.openUntil) };
}
