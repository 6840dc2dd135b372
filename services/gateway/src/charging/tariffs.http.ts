import { z } from 'zod';
import type { Charging, Tariff } from '@inkpost/contracts/admin/v1/charging_pb.js';
import { identifier, orNull, present } from '../answer-route/fields.js';
import { provenance, toProvenance } from '../answer-route/provenance.schema.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';
import { CHARGING, TEXT } from '../limits.js';

const price = z.int().min(0).max(CHARGING.priceMax).default(0);
const group = z.string().trim().min(1).max(CHARGING.groupName);

const newCharging = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/u).describe('ISO 4217.'),
  timeZone: z.string().min(1).max(TEXT.name).describe('IANA name, by which days, weeks and months begin, and filters\' times go.'),
  groupOrder: z.array(group).max(CHARGING.groupOrderMax).default([]).describe('Of several groups a person is charged as a member of the first of these; of none of these: of the first in the alphabet.'),
}).meta({ id: 'NewCharging' });
const charging = z.object({ currency: z.string(), timeZone: z.string(), groupOrder: z.array(z.string()) }).meta({ id: 'Charging' });

const settings = {
  name: z.string().trim().min(1).max(TEXT.queueName),
  media: z.string().max(CHARGING.media).nullable().default(null).describe('PWG media name such as iso_a4_210x297mm, or its first part, iso_a4; null: any.'),
  colorMode: z.enum(['color', 'monochrome']).nullable().default(null).describe('Null: both.'),
  sides: z.enum(['one-sided', 'two-sided']).nullable().default(null).describe('Null: both.'),
  queueId: identifier.nullable().default(null).describe('Null: any queue.'),
  userGroup: group.nullable().default(null).describe('Null: everybody.'),
  perJob: price, perSheet: price, perImpression: price,
};
const newTariff = z.strictObject({ tariffId: identifier.describe('Chosen once: letters, digits, - and _.'), ...settings })
  .meta({ id: 'NewTariff', description: 'The price is the sum of the three, in thousandths of the currency: 50 is 0.05 EUR.' });
const tariffUpdate = z.strictObject(settings).meta({ id: 'TariffUpdate' });
const tariff = z.object({
  tariffId: z.string(), name: z.string(), media: z.string().nullable(), colorMode: z.string().nullable(), sides: z.string().nullable(), queueId: z.string().nullable(), userGroup: z.string().nullable(),
  perJob: z.int(), perSheet: z.int(), perImpression: z.int(), provenance,
  resting: z.boolean().describe('No print looks at it: a tariff of the domain\'s master is for the very same ones. Putting it again wakes it, where its conditions are free.'),
}).meta({ id: 'Tariff' });

const preview = z.strictObject({
  queueId: identifier,
  groups: z.array(group).max(CHARGING.textsMax).default([]).describe('The person\'s.'),
  colorMode: z.enum(['color', 'monochrome']).default('color'),
  sides: z.enum(['one-sided', 'two-sided-long-edge', 'two-sided-short-edge']).default('one-sided'),
  media: z.string().max(CHARGING.media).default('').describe('Empty: as the printer is set.'),
  pages: z.int().min(1).max(CHARGING.pagesMax),
  copies: z.int().min(1).max(999).default(1),
}).meta({ id: 'PricePreviewRequest' });
const previewed = z.object({
  price: z.int().describe('Thousandths of the currency.'), currency: z.string(), tariffId: z.string().nullable().describe('Null: no tariff is for it, it is free.'),
  userGroup: z.string().nullable().describe('As a member of which group the person is charged.'), impressions: z.int(), sheets: z.int(),
}).meta({ id: 'PricePreview' });

function toCharging(wire: Charging | undefined): z.input<typeof charging> {
  const { currency, timeZone, groupOrder } = present(wire, 'charging');
  return { currency, timeZone, groupOrder };
}

function toTariff(wire: Tariff | undefined): z.input<typeof tariff> {
  const { tariffId, name, media, colorMode, sides, queueId, userGroup, perJob, perSheet, perImpression, resting, provenance: from } = present(wire, 'tariff');
  return {
    tariffId, name, media: orNull(media), colorMode: orNull(colorMode), sides: orNull(sides), queueId: orNull(queueId), userGroup: orNull(userGroup),
    perJob: Number(perJob), perSheet: Number(perSheet), perImpression: Number(perImpression), resting, provenance: toProvenance(from),
  };
}

function fromTariff(tariffId: string, { name, media, colorMode, sides, queueId, userGroup, perJob, perSheet, perImpression }: z.output<typeof tariffUpdate>) {
  return {
    tariffId, name, media: media ?? '', colorMode: colorMode ?? '', sides: sides ?? '', queueId: queueId ?? '', userGroup: userGroup ?? '',
    perJob: BigInt(perJob), perSheet: BigInt(perSheet), perImpression: BigInt(perImpression),
  };
}

const params = z.strictObject({ tariffId: identifier });

/** What prints cost; print-submit owns it. */
export function tariffRoutes({ tariffs }: Pick<Owners, 'tariffs'>) {
  return [
    route({
      method: 'GET', path: '/api/v0/charging', operation: 'getCharging', right: 'configuration.read', summary: 'Currency, time zone, and the order of groups',
      status: 200, answer: charging, handle: async ({ caller }) => toCharging((await tariffs.getCharging({}, as(caller))).charging),
    }),
    route({
      method: 'PUT', path: '/api/v0/charging', operation: 'putCharging', right: 'configuration.write', summary: 'Set currency, time zone, and the order of groups',
      body: newCharging, status: 200, answer: charging, handle: async ({ body, caller }) => toCharging((await tariffs.putCharging({ charging: body }, as(caller))).charging),
    }),
    route({
      method: 'GET', path: '/api/v0/tariffs', operation: 'listTariffs', right: 'configuration.read', summary: 'All tariffs, in the order in which they are looked at',
      status: 200, answer: z.object({ tariffs: z.array(tariff) }),
      handle: async ({ caller }) => ({ tariffs: (await tariffs.listTariffs({}, as(caller))).tariffs.map(toTariff) }),
    }),
    route({
      method: 'POST', path: '/api/v0/tariffs', operation: 'createTariff', right: 'configuration.write', summary: 'Add a tariff',
      body: newTariff, status: 201, answer: tariff, refusals: [409], location: ({ tariffId }) => `/api/v0/tariffs/${encodeURIComponent(tariffId)}`, objectId: ({ body }) => body.tariffId,
      handle: async ({ body: { tariffId, ...rest }, caller }) => toTariff((await tariffs.putTariff({ tariff: fromTariff(tariffId, rest), create: true }, as(caller))).tariff),
    }),
    route({
      method: 'PUT', path: '/api/v0/tariffs/{tariffId}', operation: 'putTariff', right: 'configuration.write', summary: 'Set a tariff, or add it',
      params, body: tariffUpdate, status: 200, answer: tariff, refusals: [409],
      handle: async ({ params: { tariffId }, body, caller }) => toTariff((await tariffs.putTariff({ tariff: fromTariff(tariffId, body) }, as(caller))).tariff),
    }),
    route({
      method: 'DELETE', path: '/api/v0/tariffs/{tariffId}', operation: 'deleteTariff', right: 'configuration.write', summary: 'Remove a tariff',
      params, status: 204, refusals: [404, 409],
      handle: async ({ params, caller }) => {
        await tariffs.deleteTariff(params, as(caller));
      },
    }),
    route({
      method: 'POST', path: '/api/v0/tariffs/preview', operation: 'previewPrice', right: 'configuration.read', summary: 'What a print would cost; nothing is printed',
      body: preview, status: 200, answer: previewed, objectId: () => '',
      handle: async ({ body, caller }) => {
        const { price, currency, tariffId, userGroup, impressions, sheets } = await tariffs.previewPrice(body, as(caller));
        return { price: Number(price), currency, tariffId: orNull(tariffId), userGroup: orNull(userGroup), impressions, sheets };
      },
    }),
  ];
}
