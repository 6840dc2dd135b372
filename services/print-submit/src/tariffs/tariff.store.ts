import { Prisma, type PrismaClient } from '../gen/prisma/client.js';
import { chargingLimits } from '../limits.js';
import type { ChargingSettings } from './charging.js';
import type { ChargingChange } from './charging-change.js';
import { byPrecedence } from './price-print.js';
import type { StoredTariff, Tariff } from './tariff.js';

/** `taken`: by another tariff of this id; `doubled`: another tariff is for the very same prints. */
export type TariffRefusal = 'taken' | 'doubled' | 'queue-unknown' | 'too-many';

type TariffRow = Prisma.TariffGetPayload<object>;

/** Tariffs, and how prints are charged in general. */
export class TariffStore {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly changes: ChargingChange,
  ) {}

  async settings(): Promise<ChargingSettings> {
    const { currency, timeZone, groupOrder } = await this.prisma.charging.findFirstOrThrow();
    return { currency, timeZone, groupOrder };
  }

  async putSettings({ currency, timeZone, groupOrder }: ChargingSettings): Promise<void> {
    await this.changes.make((transaction) => transaction.charging.updateMany({ data: { currency, timeZone, groupOrder: [...groupOrder] } }));
  }

  /** In the order in which they are looked at. */
  async list(): Promise<StoredTariff[]> {
    return byPrecedence((await this.prisma.tariff.findMany()).map(toTariff));
  }

  /** `isNew`: only a tariff that is not there yet. One that rested is looked at again. */
  async put(tariff: Tariff, isNew: boolean): Promise<'stored' | TariffRefusal> {
    const { tariffId } = tariff;
    try {
      return await this.changes.make(async (transaction) => {
        if (tariff.queueId !== '' && !(await transaction.queue.findUnique({ where: { queueId: tariff.queueId } }))) return 'queue-unknown';
        const before = await transaction.tariff.findUnique({ where: { tariffId } });
        if (before && isNew) return 'taken';
        if (!before && (await transaction.tariff.count()) >= chargingLimits.tariffsMax) return 'too-many';
        const row = { ...tariff, perJob: BigInt(tariff.perJob), perSheet: BigInt(tariff.perSheet), perImpression: BigInt(tariff.perImpression), resting: false };
        await transaction.tariff.upsert({ where: { tariffId }, create: row, update: row });
        return 'stored';
      });
    } catch (error) {
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return 'doubled';
      throw error;
    }
  }

  /** False: there is none. */
  async delete(tariffId: string): Promise<boolean> {
    const { count } = await this.changes.make((transaction) => transaction.tariff.deleteMany({ where: { tariffId } }));
    return count > 0;
  }
}

function toTariff({ perJob, perSheet, perImpression, colorMode, sides, ...rest }: TariffRow): StoredTariff {
  return { ...rest, colorMode: colorMode as Tariff['colorMode'], sides: sides as Tariff['sides'], perJob: Number(perJob), perSheet: Number(perSheet), perImpression: Number(perImpression) };
}
