import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { AddSenderGuestRequest, FindSenderGuestRequest, SenderGuestSchema, SenderGuestService, UseSenderGuestRequest } from '@inkpost/contracts/admin/v1/sender_guests_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { type Installation, languageOf } from '../installation.js';
import { ADD_TRIES, NAME_LENGTH_MAX } from '../limits.js';
import type { KnownGuest, NewGuest } from '../resolve-owner/decide-owner.js';
import { visibleLine } from '../visible-line.js';
import type { SenderGuestStore } from './sender-guest.store.js';

/** Where guests are found. */
export interface GuestsByAddress {
  find(address: string): Promise<KnownGuest | undefined>;
}

/** This installation's own guests, for the mails of other servers (WSC-004, WSC-005). */
export class SenderGuestsRpc implements ServiceImpl<typeof SenderGuestService> {
  constructor(
    private readonly guests: GuestsByAddress,
    private readonly store: SenderGuestStore,
    private readonly installation: Installation,
    private readonly log: Log,
  ) {}

  async findSenderGuest({ address }: FindSenderGuestRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    const guest = await this.guests.find(checkAddress('address', address));
    return guest ? { guest: toWire(guest) } : {};
  }

  async addSenderGuest({ address, displayName, language, visitedPerson }: AddSenderGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.add');
    const guest: NewGuest = {
      address: checkAddress('address', address), displayName: visibleLine(displayName, NAME_LENGTH_MAX), language: languageOf(language) ?? this.installation.language,
      visitedPerson: visitedPerson === '' ? '' : checkAddress('visitedPerson', visitedPerson),
    };
    for (let tries = 0; tries < ADD_TRIES; tries += 1) {
      const known = await this.guests.find(guest.address);
      if (known) return { created: false, accountId: known.accountId };
      const accountId = await this.store.add(guest);
      if (accountId === undefined) continue;
      this.log.info('guest created for another server', { accountId, actor });
      return { created: true, accountId };
    }
    // Somebody's login is this address, though their addresses are others: nobody else can have it.
    throw new ConnectError(`There is a guest with the login ${guest.address} and another address.`, Code.AlreadyExists);
  }

  async useSenderGuest({ address }: UseSenderGuestRequest, context: HandlerContext) {
    authorize(context, 'guests.edit');
    const guest = await this.guests.find(checkAddress('address', address));
    if (guest) await this.store.noteUse(guest.accountId);
    return { known: guest !== undefined };
  }
}

function checkAddress(field: string, text: string): string {
  const address = parseMailAddress(text.trim())?.text;
  if (address === undefined) throw invalidField(field, 'must be one e-mail address such as somebody@example.org');
  return address;
}

function toWire({ validFrom, validUntil, ...guest }: KnownGuest): MessageInitShape<typeof SenderGuestSchema> {
  return { ...guest, ...(validFrom ? { validFrom: timestampFromDate(validFrom) } : {}), ...(validUntil ? { validUntil: timestampFromDate(validUntil) } : {}) };
}
