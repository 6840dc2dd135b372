import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type {
  EraseAddressRequest, EraseGuestRequest, ErasureService, GetErasureRequest, ListErasuresRequest, ProveErasureRequest,
} from '@inkpost/contracts/admin/v1/erasures_pb.js';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { fromCursor, toCursor } from '@inkpost/service/page-place.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PROOFS_MAX } from '../limits.js';
import type { Erasure } from './erasure.js';
import type { ErasureStore } from './erasure.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** Erasing people, and proving it (GDPR, articles 17 and 5.2). */
export class ErasureRpc implements ServiceImpl<typeof ErasureService> {
  constructor(
    private readonly store: ErasureStore,
    private readonly log: Log,
  ) {}

  async eraseGuest({ accountId }: EraseGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.delete');
    const erasureId = UUID.test(accountId) ? await this.store.eraseGuest(accountId, actor) : undefined;
    if (erasureId === undefined) throw notFound('guest', accountId.slice(0, 64));
    return this.begun(erasureId, actor);
  }

  async eraseAddress({ address }: EraseAddressRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.delete');
    return this.begun(await this.store.eraseAddress(checkAddress(address), actor), actor);
  }

  async getErasure({ erasureId }: GetErasureRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    return { erasure: await this.find(erasureId) };
  }

  async listErasures({ limit, cursor }: ListErasuresRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    const after = cursor === '' ? undefined : fromCursor(cursor);
    if (cursor !== '' && !after) throw invalidField('cursor', 'must be the nextCursor of the page before');
    const found = await this.store.list(after, pageSize + 1);
    const page = found.slice(0, pageSize);
    const last = found.length > pageSize ? page.at(-1) : undefined;
    return { erasures: page.map(toWire), nextCursor: last ? toCursor({ at: last.requestedAt, id: last.erasureId }) : '' };
  }

  async proveErasure({ address }: ProveErasureRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    return { erasures: (await this.store.prove(checkAddress(address), PROOFS_MAX)).map(toWire) };
  }

  private async begun(erasureId: string, actor: string) {
    this.log.info('people erased', { erasureId, actor });
    return { erasure: await this.find(erasureId) };
  }

  private async find(erasureId: string) {
    const erasure = UUID.test(erasureId) ? await this.store.find(erasureId) : undefined;
    if (!erasure) throw notFound('erasure', erasureId.slice(0, 64));
    return toWire(erasure);
  }
}

function checkAddress(text: string): string {
  const address = parseMailAddress(text.trim())?.text;
  if (address === undefined) throw invalidField('address', 'must be one e-mail address such as somebody@example.org');
  return address;
}

function toWire({ requestedAt, completedAt, parts, ...erasure }: Erasure) {
  return {
    ...erasure, requestedAt: timestampFromDate(requestedAt), ...(completedAt ? { completedAt: timestampFromDate(completedAt) } : {}),
    parts: parts.map(({ service, doneAt, counts }) => ({ service, counts, ...(doneAt ? { doneAt: timestampFromDate(doneAt) } : {}) })),
  };
}
