import { describe, expect, it } from 'vitest';
import { byPrecedence, chargedGroup, type PricedPrint, priceOf } from './price-print.js';
import { checkTariff, type Tariff } from './tariff.js';

const tariff = (tariffId: string, more: Partial<Tariff> = {}): Tariff => ({
  tariffId, name: tariffId, media: '', colorMode: '', sides: '', queueId: '', userGroup: '', perJob: 0, perSheet: 0, perImpression: 0, ...more,
});
const print = (more: Partial<PricedPrint> = {}): PricedPrint => ({ queueId: 'hall', userGroup: 'Staff', media: 'iso_a4_210x297mm', color: true, duplex: true, impressions: 3, sheets: 2, ...more });
const by = (tariffs: readonly Tariff[], one: PricedPrint): string => priceOf(one, byPrecedence(tariffs)).tariffId;

describe('the price of a print', () => {
  it('is what its tariff asks for the job, its sheets and its impressions', () => {
    expect(priceOf(print(), [tariff('all', { perJob: 1_000, perSheet: 20, perImpression: 50 })])).toEqual({ tariffId: 'all', price: 1_190 });
  });

  it('is nothing where no tariff is for it', () => {
    expect(priceOf(print({ color: false }), [tariff('color', { colorMode: 'color', perJob: 1 })])).toEqual({ tariffId: '', price: 0 });
  });

  it.each([
    [{ colorMode: 'color' }, { color: false }], [{ colorMode: 'monochrome' }, { color: true }], [{ sides: 'two-sided' }, { duplex: false }], [{ sides: 'one-sided' }, { duplex: true }],
    [{ queueId: 'hall' }, { queueId: 'attic' }], [{ userGroup: 'Staff' }, { userGroup: '' }], [{ media: 'iso_a4' }, { media: 'iso_a3_297x420mm' }], [{ media: 'iso_a4' }, { media: '' }],
    [{ media: 'iso_a' }, { media: 'iso_a4_210x297mm' }],
  ] as const)('goes by the condition %j, which %j is not', (condition, otherwise) => {
    expect(by([tariff('one', condition)], print(otherwise))).toBe('');
  });

  it('goes by a media by its whole name or its size', () => {
    expect([by([tariff('size', { media: 'iso_a4' })], print()), by([tariff('size', { media: 'iso_a4' }), tariff('name', { media: 'iso_a4_210x297mm' })], print())]).toEqual(['size', 'name']);
  });

  it('goes by the tariff with most conditions; of equals by the group, then the queue, the media, the colour, the sides', () => {
    const single = [tariff('sides', { sides: 'two-sided' }), tariff('color', { colorMode: 'color' }), tariff('media', { media: 'iso_a4' }), tariff('queue', { queueId: 'hall' }), tariff('group', { userGroup: 'Staff' })];
    for (const expected of ['group', 'queue', 'media', 'color', 'sides']) {
      const left = single.slice(0, single.findIndex(({ tariffId }) => tariffId === expected) + 1);
      expect(by(left, print())).toBe(expected);
    }
    expect(by([...single, tariff('two', { colorMode: 'color', sides: 'two-sided' })], print())).toBe('two');
  });
});

describe('the group that somebody is charged as a member of', () => {
  it.each([
    [['Staff', 'Board'], ['Staff'], 'Staff'], [['Staff', 'Board'], ['Students', 'Board', 'Staff'], 'Board'], [['Staff', 'Board'], [], 'Board'], [['Staff'], ['Students'], 'Staff'], [[], ['Students'], ''],
  ])('of %j in the order %j is %j', (groups, order, expected) => {
    expect(chargedGroup(groups, order)).toBe(expected);
  });
});

describe('a tariff', () => {
  it.each([
    ['tariffId', { tariffId: 'a b' }], ['name', { name: ' ' }], ['media', { media: 'A4' }], ['colorMode', { colorMode: 'grey' }], ['sides', { sides: 'two-sided-long-edge' }],
    ['queueId', { queueId: 'a b' }], ['userGroup', { userGroup: 'x'.repeat(201) }], ['perJob', { perJob: -1 }], ['perSheet', { perSheet: 0.5 }], ['perImpression', { perImpression: 1_000_000_001 }],
  ])('with a wrong %s is refused', (field, more) => {
    expect(checkTariff({ ...tariff('fine'), ...more })).toMatchObject({ field });
  });

  it('is kept without the spaces around its texts', () => {
    expect(checkTariff(tariff('fine', { name: ' Colour ', userGroup: ' Staff ' }))).toEqual(tariff('fine', { name: 'Colour', userGroup: 'Staff' }));
  });
});
