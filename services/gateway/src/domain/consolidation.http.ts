import { z } from 'zod';
import type { OwnDelivery, ServerDelivery } from '@inkpost/contracts/admin/v1/statistics_pb.js';
import { instant, orNull, present, toInstant } from '../answer-route/fields.js';
import { route } from '../answer-route/route.js';
import { as, type Owners } from '../call-owner/owners.js';

const differences = z.object({
  day: z.string().describe('UTC.'),
  jobsThere: z.int().describe('As the server that printed says.'), impressionsThere: z.int(), priceThere: z.int().describe('Thousandths of the currency.'),
  jobsHere: z.int(), impressionsHere: z.int(), priceHere: z.int(),
}).meta({ id: 'StatisticsDifference' });

const serverDelivery = z.object({
  serverId: z.string(), name: z.string().nullable().describe('null: it left the domain; what it printed stays.'),
  receivedNumber: z.int().describe('Prints up to this one came in.'), toldNumber: z.int().describe('Prints that the server had counted when it told last.'),
  receivedAt: instant.nullable(), comparedAt: instant.nullable().describe('null: never.'), comparedNumber: z.int().describe('Up to this print, over `comparedDays` days.'), comparedDays: z.int(),
  equal: z.boolean().describe('All days had the same figures and prints on both servers when they were compared, but for what is refused.'),
  differences: z.array(differences).describe('The first 31 days that differed.'),
  refused: z.array(z.object({ reason: z.string(), prints: z.int() })).describe('Prints that can\'t be true, or were counted before: they count nothing.'),
  jobs: z.int(), impressions: z.int(), price: z.int().describe('Thousandths of the currency.'),
}).meta({ id: 'ServerStatisticsDelivery' });

const ownDelivery = z.object({
  masterId: z.string(), deliveredNumber: z.int().describe('The master has all prints up to this one.'), lastNumber: z.int().describe('Prints that are counted here.'),
  deliveredAt: instant.nullable(), comparedAt: instant.nullable(), daysDiffering: z.int(), triedAt: instant.nullable(), problem: z.string().nullable().describe('Why the last try failed.'),
}).meta({ id: 'OwnStatisticsDelivery' });

const pace = z.strictObject({ everySeconds: z.int().min(0).max(2 ** 32 - 1).describe('From 10 to 604800. Each delivery begins up to `transferDelaySeconds` of the domain later, at random.') });

function toServerDelivery({ serverId, name, comparedDays, differences: days, refused, total, ...rest }: ServerDelivery): z.input<typeof serverDelivery> {
  const { jobs, impressions, price } = present(total, 'total');
  return {
    serverId, name: orNull(name), receivedNumber: Number(rest.receivedNumber), toldNumber: Number(rest.toldNumber), receivedAt: toInstant(rest.receivedAt), comparedAt: toInstant(rest.comparedAt),
    comparedNumber: Number(rest.comparedNumber), comparedDays, equal: rest.comparedAt !== undefined && days.length === 0,
    differences: days.map((each) => ({
      day: each.day, jobsThere: Number(each.jobsThere), impressionsThere: Number(each.impressionsThere), priceThere: Number(each.priceThere),
      jobsHere: Number(each.jobsHere), impressionsHere: Number(each.impressionsHere), priceHere: Number(each.priceHere),
    })),
    refused: refused.map(({ reason, prints }) => ({ reason, prints: Number(prints) })), jobs: Number(jobs), impressions: Number(impressions), price: Number(price),
  };
}

function toOwnDelivery({ masterId, deliveredNumber, lastNumber, deliveredAt, comparedAt, daysDiffering, triedAt, problem }: OwnDelivery): z.input<typeof ownDelivery> {
  return {
    masterId, deliveredNumber: Number(deliveredNumber), lastNumber: Number(lastNumber), deliveredAt: toInstant(deliveredAt), comparedAt: toInstant(comparedAt), daysDiffering,
    triedAt: toInstant(triedAt), problem: orNull(problem),
  };
}

/** How the statistics of a domain's servers come together on its master (DOM-041); domain-sync owns them. */
export function consolidationRoutes({ statistics }: Owners) {
  return [
    route({
      method: 'GET', path: '/api/v0/domain/statistics', operation: 'getStatisticsConsolidation', right: 'statistics.read', summary: 'How the statistics of the domain\'s servers come together on its master',
      status: 200, answer: z.object({ servers: z.array(serverDelivery).describe('On a master: whose statistics came in.'), own: ownDelivery.nullable().describe('On a slave that has a master to deliver to.'), everySeconds: z.int().nullable().describe('How often slaves deliver; null: this server is in no domain.') }),
      handle: async ({ caller }) => {
        const { servers, own, everySeconds } = await statistics.getConsolidation({}, as(caller));
        return { servers: servers.map(toServerDelivery), own: own ? toOwnDelivery(own) : null, everySeconds: everySeconds || null };
      },
    }),
    route({
      method: 'PUT', path: '/api/v0/domain/statistics/pace', operation: 'putStatisticsPace', right: 'configuration.write', summary: 'How often the slaves of this master deliver their statistics', // V-12
      body: pace, status: 200, answer: pace, refusals: [409], objectId: () => '',
      handle: async ({ body, caller }) => {
        const { everySeconds } = await statistics.putStatisticsPace(body, as(caller));
        return { everySeconds };
      },
    }),
    route({
      method: 'POST', path: '/api/v0/domain/statistics/delivery', operation: 'deliverStatistics', right: 'configuration.write', summary: 'Deliver this slave\'s statistics to its master at once, and compare the days',
      status: 204, refusals: [409], objectId: () => '',
      handle: async ({ caller }) => {
        await statistics.deliverStatistics({}, as(caller));
      },
    }),
  ];
}
