import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { GuestMergeService, MergeGuestRequest } from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Installation, languageOf } from '../installation.js';
import { LOGIN_LENGTH_MAX } from '../limits.js';
import type { FindPerson, PersonToMerge } from './find-person.js';
import type { MergeGuestStore } from './merge-guest.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Merging a guest into somebody of a directory, by hand: also where the guest has addresses that the directory doesn't know. */
export class MergeGuestRpc implements ServiceImpl<typeof GuestMergeService> {
  constructor(
    private readonly store: MergeGuestStore,
    private readonly find: FindPerson,
    private readonly installation: Installation,
    private readonly log: Log,
  ) {}

  async mergeGuest({ accountId, directoryId, login }: MergeGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.edit');
    const guestAddresses = UUID.test(accountId) ? await this.store.addressesOf(accountId) : undefined;
    if (!guestAddresses) throw notFound('guest', accountId.slice(0, 64));
    if ((directoryId === '') !== (login === '')) throw invalidField(login === '' ? 'login' : 'directoryId', 'must be given together with the other: both, or neither');
    if (login.length > LOGIN_LENGTH_MAX) throw invalidField('login', `must be at most ${LOGIN_LENGTH_MAX} characters`);
    const { directory, person } = await this.personFor(guestAddresses, directoryId, login);
    const [address = '', ...otherAddresses] = person.addresses;
    const account = { accountId: person.accountId, directory, address, displayName: person.displayName, language: languageOf(person.language) ?? this.installation.language, otherAddresses };
    if (!(await this.store.merge(accountId, account, actor, new Date()))) throw notFound('guest', accountId);
    this.log.info('guest merged', { accountId, into: person.accountId, directory, actor });
    return { accountId: person.accountId, directory, login: person.login, addressesLeft: guestAddresses.filter((each) => !person.addresses.includes(each)) };
  }

  private async personFor(guestAddresses: readonly string[], directoryId: string, login: string): Promise<PersonToMerge> {
    const found = login === '' ? await this.find.byAddresses(guestAddresses) : await this.find.byLogin(directoryId, login);
    switch (found) {
      case 'no-directory':
        throw invalidField('directoryId', 'must be a directory with people of its own, neither META nor the guests');
      case 'nobody':
        if (login !== '') throw invalidField('login', 'must be one person\'s of this directory');
        throw new ConnectError('No directory knows one of this guest\'s addresses: say who it is by directoryId and login.', Code.FailedPrecondition);
      default:
        return found;
    }
  }
}
