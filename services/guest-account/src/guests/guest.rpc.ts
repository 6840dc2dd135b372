import { randomUUID } from 'node:crypto';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateGuestRequest, DeleteGuestRequest, GetGuestRequest, GuestService, ListGuestsRequest, UpdateGuestRequest,
} from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { CURSOR_LENGTH_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, SEARCH_LENGTH_MAX } from '../limits.js';
import { checkGuestSettings, toGuestWire } from './guest-settings.js';
import type { GuestStore, WriteOutcome } from './guest.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** The guest base, for administrators (WSC-003, WSC-004). */
export class GuestRpc implements ServiceImpl<typeof GuestService> {
  constructor(
    private readonly store: GuestStore,
    private readonly log: Log,
  ) {}

  async listGuests({ search, limit, cursor }: ListGuestsRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (search.length > SEARCH_LENGTH_MAX || search.includes('\u0000')) throw invalidField('search', `must be at most ${SEARCH_LENGTH_MAX} characters of text`);
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    // One more than asked for tells whether there is a next page.
    const found = await this.store.list({ search: search.trim(), after: readCursor(cursor), limit: pageSize + 1 });
    const guests = found.slice(0, pageSize);
    const last = found.length > pageSize ? guests.at(-1) : undefined;
    return { guests: guests.map(toGuestWire), nextCursor: last ? Buffer.from(last.address).toString('base64url') : '' };
  }

  async getGuest({ accountId }: GetGuestRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    return this.answer(accountId);
  }

  async createGuest({ settings }: CreateGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.add');
    const checked = checkGuestSettings(settings);
    const accountId = randomUUID();
    this.ensureWritten(await this.store.create(accountId, checked), accountId, checked.address);
    this.log.info('guest created', { accountId, actor });
    return this.answer(accountId);
  }

  async updateGuest({ accountId, settings, version }: UpdateGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.edit');
    const checked = checkGuestSettings(settings);
    this.ensureWritten(await this.store.update(knownForm(accountId), checked, version), accountId, checked.address);
    this.log.info('guest changed', { accountId, actor });
    return this.answer(accountId);
  }

  async deleteGuest({ accountId }: DeleteGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.delete');
    this.ensureWritten(await this.store.erase(knownForm(accountId)), accountId);
    this.log.info('guest erased', { accountId, actor });
    return {};
  }

  private async answer(accountId: string) {
    const guest = await this.store.find(knownForm(accountId));
    if (!guest) throw notFound('guest', accountId);
    return { guest: toGuestWire(guest) };
  }

  private ensureWritten(outcome: WriteOutcome, accountId: string, address = ''): void {
    switch (outcome) {
      case 'written':
        return;
      case 'missing':
        throw notFound('guest', accountId);
      case 'changed':
        throw new ConnectError('Somebody changed this guest meanwhile: read it again and repeat the change.', Code.Aborted);
      case 'taken':
        throw new ConnectError(`There is a guest with the address ${address} already.`, Code.AlreadyExists);
    }
  }
}

/** What is no UUID names no guest. */
function knownForm(accountId: string): string {
  if (!UUID.test(accountId)) throw notFound('guest', accountId.slice(0, 64));
  return accountId;
}

function readCursor(cursor: string): string {
  const address = Buffer.from(cursor, 'base64url').toString();
  const isOurs = cursor.length <= CURSOR_LENGTH_MAX && Buffer.from(address).toString('base64url') === cursor && !address.includes('\u0000');
  if (!isOurs) throw invalidField('cursor', 'must be the nextCursor of the page before');
  return address;
}
