import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { Charging as WireCharging, DeleteTariffRequest, GetChargingRequest, ListTariffsRequest, PreviewPriceRequest, PutChargingRequest, PutTariffRequest, TariffSchema, TariffService } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { isTimeZone } from '../filters/local-time.js';
import { checkFinishing } from '../finishing/finishing.js';
import { chargingLimits } from '../limits.js';
import { type ChargingSettings, estimate } from './charging.js';
import type { KnownCharging } from './known-charging.js';
import { checkTariff, type StoredTariff, type Tariff } from './tariff.js';
import type { TariffStore } from './tariff.store.js';

/** ISO 4217. */
const CURRENCY = /^[A-Z]{3}$/u;

/** What prints cost, for administrators. */
export class TariffRpc implements ServiceImpl<typeof TariffService> {
  constructor(
    private readonly store: TariffStore,
    private readonly known: KnownCharging,
  ) {}

  getCharging = async (_request: GetChargingRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { charging: toWireSettings(await this.store.settings()) };
  };

  putCharging = async ({ charging }: PutChargingRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    await this.store.putSettings(checkedSettings(charging));
    return { charging: toWireSettings(await this.store.settings()) };
  };

  listTariffs = async (_request: ListTariffsRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    return { tariffs: (await this.store.list()).map(toWire) };
  };

  putTariff = async ({ tariff: wire, create }: PutTariffRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!wire) throw invalidField('tariff', 'is missing');
    const { tariffId, name, media, colorMode, sides, queueId, userGroup, perJob, perSheet, perImpression } = wire;
    const tariff = checkTariff({ tariffId, name, media, colorMode, sides, queueId, userGroup, perJob: Number(perJob), perSheet: Number(perSheet), perImpression: Number(perImpression) });
    if ('field' in tariff) throw invalidField(tariff.field, tariff.reason);
    switch (await this.store.put(tariff, create)) {
      case 'taken':
        throw new ConnectError(`There is a tariff "${tariffId}" already.`, Code.AlreadyExists);
      case 'doubled':
        throw new ConnectError('Another tariff has the very same conditions: nobody could say which holds.', Code.AlreadyExists);
      case 'queue-unknown':
        throw invalidField('queueId', 'names no queue');
      case 'too-many':
        throw new PermanentFailure('print.tariffs-max', `There are ${chargingLimits.tariffsMax} tariffs, which is the limit: remove some first.`);
      case 'stored':
      default:
        return { tariff: toWire(tariff) };
    }
  };

  deleteTariff = async ({ tariffId }: DeleteTariffRequest, context: HandlerContext) => {
    authorize(context, 'configuration.write');
    if (!(await this.store.delete(tariffId))) throw notFound('tariff', tariffId);
    return {};
  };

  previewPrice = async ({ queueId, groups, colorMode, sides, media, pages, copies }: PreviewPriceRequest, context: HandlerContext) => {
    authorize(context, 'configuration.read');
    const finishing = checkFinishing({ colorMode, sides, copies, media, pageRanges: '' });
    if ('reason' in finishing) throw invalidField(finishing.field, finishing.reason);
    if (pages === 0 || pages > chargingLimits.pagesMax) throw invalidField('pages', `must be from 1 to ${chargingLimits.pagesMax}`);
    const charging = await this.known.current();
    const { price, tariffId, userGroup, impressions, sheets } = estimate({ ...finishing, queueId, pages, ownerGroups: groups, notApplied: [] }, charging);
    return { price: BigInt(price), currency: charging.currency, tariffId, userGroup, impressions, sheets };
  };
}

function checkedSettings(wire: WireCharging | undefined): ChargingSettings {
  if (!wire) throw invalidField('charging', 'is missing');
  const { currency, timeZone } = wire;
  const groupOrder = wire.groupOrder.map((group) => group.trim());
  if (!CURRENCY.test(currency)) throw invalidField('currency', 'must be three capital letters such as EUR (ISO 4217)');
  if (!isTimeZone(timeZone)) throw invalidField('timeZone', 'must be the name of a time zone such as Europe/Paris');
  if (groupOrder.length > chargingLimits.groupOrderMax) throw invalidField('groupOrder', `must be at most ${chargingLimits.groupOrderMax} groups`);
  if (groupOrder.some((group) => group === '' || group.length > chargingLimits.groupNameLengthMax)) throw invalidField('groupOrder', `must be names of 1 to ${chargingLimits.groupNameLengthMax} characters`);
  if (new Set(groupOrder).size < groupOrder.length) throw invalidField('groupOrder', 'must name each group once');
  return { currency, timeZone, groupOrder };
}

function toWireSettings({ groupOrder, ...settings }: ChargingSettings) {
  return { ...settings, groupOrder: [...groupOrder] };
}

function toWire({ perJob, perSheet, perImpression, ...tariff }: Tariff | StoredTariff): MessageInitShape<typeof TariffSchema> {
  return { ...tariff, perJob: BigInt(perJob), perSheet: BigInt(perSheet), perImpression: BigInt(perImpression) };
}
