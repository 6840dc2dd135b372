import type { MessageInitShape } from '@bufbuild/protobuf';
import { timestampDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { DeleteFilterRequest, FilterSchema, FilterService, ListFiltersRequest, OrderFiltersRequest, PutFilterRequest, TryFiltersRequest } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { checkFinishing } from '../finishing/finishing.js';
import { chargingLimits, printLimits } from '../limits.js';
import type { KnownCharging } from '../tariffs/known-charging.js';
import { wireTime } from './check-fields.js';
import { checkFilter } from './check-filter.js';
import { decideFilters } from './decide-filters.js';
import type { Filter } from './filter.js';
import type { FilterStore } from './filter.store.js';

/** Rules over prints, for administrators. */
export class FilterRpc implements ServiceImpl<typeof FilterService> {
  constructor(
    private readonly store: FilterStore,
    private readonly known: KnownCharging,
  ) {}

  listFilters = async (_request: ListFiltersRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return this.all();
  };

  putFilter = async ({ filter: wire, create }: PutFilterRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!wire) throw invalidField('filter', 'is missing');
    const filter = checkFilter(wire);
    if ('field' in filter) throw invalidField(filter.field, filter.reason);
    switch (await this.store.put(filter, create)) {
      case 'taken':
        throw new ConnectError(`There is a filter "${filter.filterId}" already.`, Code.AlreadyExists);
      case 'queue-unknown':
        throw invalidField('action.queueId', 'names no queue');
      case 'too-many':
        throw new PermanentFailure('print.filters-max', `There are ${chargingLimits.filtersMax} filters, which is the limit: remove some first.`);
      case 'stored':
      default:
        return { filter: toWire(filter) };
    }
  };

  deleteFilter = async ({ filterId }: DeleteFilterRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!(await this.store.delete(filterId))) throw notFound('filter', filterId);
    return {};
  };

  orderFilters = async ({ filterIds }: OrderFiltersRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!(await this.store.order(filterIds))) throw invalidField('filterIds', 'must name all filters, each once');
    return this.all();
  };

  tryFilters = async (request: TryFiltersRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    const { user, groups, directory, queueId, title, pages, sizeBytes, at } = request;
    const finishing = checkFinishing({ colorMode: request.colorMode, sides: request.sides, copies: 1, media: '', pageRanges: '' });
    if ('reason' in finishing) throw invalidField(finishing.field, finishing.reason);
    if (title.length > printLimits.fileNameLengthMax) throw invalidField('title', `must have at most ${printLimits.fileNameLengthMax} characters`);
    const { filters, restrictions, clock } = await this.known.current();
    const print = { accountId: user, ownerAddress: user, directory, groups, queueId, fileName: title, pages, sizeBytes: Number(sizeBytes), colorMode: finishing.colorMode, sides: finishing.sides };
    const time = clock(at ? timestampDate(at) : new Date());
    const filtered = decideFilters(filters, print, time);
    const decision = filtered.refusal === undefined ? decideFilters(restrictions, { ...print, queueId: filtered.queueId }, time, filtered) : filtered;
    const { refusal, question, colorMode, sides, applied } = decision;
    return {
      outcome: refusal === undefined ? (question === '' ? 'allowed' : 'asked') : 'refused', message: refusal ?? question,
      queueId: decision.queueId, colorMode, sides, filterIds: applied.map(({ filterId }) => filterId),
    };
  };

  private async all() {
    return { filters: (await this.store.list()).map(toWire) };
  }
}

function toWire({ filterId, name, enabled, when, action }: Filter): MessageInitShape<typeof FilterSchema> {
  const { users = [], groups = [], queueIds = [], time, pagesMin = 0, pagesMax = 0, colorMode = '', sizeMinBytes = 0, sizeMaxBytes = 0, titleContains = '' } = when;
  return {
    filterId, name, enabled, action,
    when: {
      users: [...users], groups: [...groups], queueIds: [...queueIds], pagesMin, pagesMax, colorMode, sizeMinBytes: BigInt(sizeMinBytes), sizeMaxBytes: BigInt(sizeMaxBytes), titleContains,
      ...(time ? { time: wireTime(time) } : {}),
    },
  };
}
