import { randomUUID } from 'node:crypto';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateGuestRequest, DeleteGuestRequest, GetGuestRequest, GuestService, ListGuestsRequest, UpdateGuestRequest,
} from '@inkpost/contracts/admin/v1/guests_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../limits.js';
import { GUEST_SORTS } from './guest-filter.js';
import { readGuestPlace, writeGuestPlace } from './guest-place.js';
import { keepSecrets } from './guest-secrets.js';
import { fromFilterWire, fromGuestWire, oneOf, toGuestWire } from './guest-wire.js';
import type { GuestStore, WriteOutcome } from './guest.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** The guest base, for administrators (WSC-003, WSC-004). */
export class GuestRpc implements Omit<ServiceImpl<typeof GuestService>, 'importGuests' | 'exportGuests' | 'changeGuests'> {
  constructor(
    private readonly store: GuestStore,
    private readonly hash: KeyedHash,
    private readonly log: Log,
  ) {}

  async listGuests({ filter, sort, descending, limit, cursor }: ListGuestsRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    const order = { sort: oneOf('sort', sort, GUEST_SORTS) || 'login', descending } as const;
    // One more than asked for tells whether there is a next page.
    const found = await this.store.list({ filter: fromFilterWire(filter), ...order, after: readGuestPlace(cursor, order), limit: pageSize + 1 });
    const guests = found.slice(0, pageSize);
    const last = found.length > pageSize ? guests.at(-1) : undefined;
    return { guests: guests.map(toGuestWire), nextCursor: last ? writeGuestPlace(last.place, order) : '' };
  }

  async getGuest({ accountId }: GetGuestRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    return this.answer(accountId);
  }

  async createGuest({ settings: wire }: CreateGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.add');
    const { settings, secrets } = fromGuestWire(wire);
    const accountId = randomUUID();
    ensureWritten(await this.store.create(accountId, settings, await keepSecrets(secrets, accountId, this.hash), 'administrator'), accountId);
    this.log.info('guest created', { accountId, actor });
    return this.answer(accountId);
  }

  async updateGuest({ accountId, settings: wire, version }: UpdateGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.edit');
    const { settings, secrets } = fromGuestWire(wire);
    ensureWritten(await this.store.update(knownForm(accountId), settings, await keepSecrets(secrets, accountId, this.hash), version), accountId);
    this.log.info('guest changed', { accountId, actor });
    return this.answer(accountId);
  }

  async deleteGuest({ accountId }: DeleteGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.delete');
    ensureWritten(await this.store.erase(knownForm(accountId)), accountId);
    this.log.info('guest erased', { accountId, actor });
    return {};
  }

  private async answer(accountId: string) {
    const guest = await this.store.find(knownForm(accountId));
    if (!guest) throw notFound('guest', accountId);
    return { guest: toGuestWire(guest) };
  }
}

function ensureWritten(outcome: WriteOutcome, accountId: string): void {
  switch (outcome) {
    case 'written':
      return;
    case 'missing':
      throw notFound('guest', accountId);
    case 'changed':
      throw new ConnectError('Somebody changed this guest meanwhile: read it again and repeat the change.', Code.Aborted);
    case 'login-taken':
      throw new ConnectError('login: another guest has it already; choose another one.', Code.AlreadyExists);
    case 'address-taken':
      throw new ConnectError('addresses: another guest has one of them already; find that guest by it.', Code.AlreadyExists);
    case 'card-taken':
    default:
      throw new ConnectError('cardNumber: it is another guest\'s card already; take it from that guest first.', Code.AlreadyExists);
  }
}

/** What is no UUID names no guest. */
function knownForm(accountId: string): string {
  if (!UUID.test(accountId)) throw notFound('guest', accountId.slice(0, 64));
  return accountId;
}
