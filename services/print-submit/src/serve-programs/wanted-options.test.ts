import { expect, it } from 'vitest';
import type { DecidedFinishing } from '../finishing/finishing.js';
import { chooseAtPlace } from './choose-queue.js';
import { checkOptions, wantedOptions } from './wanted-options.js';

const settings: DecidedFinishing = { colorMode: 'color', sides: 'one-sided', copies: 1, media: '', pageRanges: '', decidedBy: 'general' };

it('jobs begin with what the program asked for, and with the settings where it asked for nothing', () => {
  expect(wantedOptions({ colorMode: 'monochrome', copies: 3, pageRanges: '1-3, 5' }, settings)).toEqual({ ...settings, colorMode: 'monochrome', copies: 3, pageRanges: '1-3,5', decidedBy: 'submitter' });
  expect([wantedOptions({}, settings), wantedOptions(undefined, settings)]).toEqual([settings, settings]);
  // What is no option was refused before; should it come all the same, it keeps no document from being printed.
  expect(wantedOptions({ sides: 'three-sided' }, settings)).toEqual(settings);
});

it.each([[{ colorMode: 'blue' }, 'colorMode'], [{ sides: 'three-sided' }, 'sides'], [{ copies: 1_000 }, 'copies'], [{ media: 'A 4' }, 'media'], [{ pageRanges: '5-1' }, 'pageRanges']])('%j is no option', (options, field) => {
  expect(checkOptions(options, settings)).toMatchObject({ field });
});

it('a place means the one queue that stands there, else the one below it', () => {
  const [hall, attic, cellar] = [{ queueId: 'hall', isHere: true }, { queueId: 'attic', isHere: false }, { queueId: 'cellar', isHere: false }];
  expect(chooseAtPlace([hall, attic, cellar])).toEqual({ outcome: 'found', queueId: 'hall' });
  expect(chooseAtPlace([attic])).toEqual({ outcome: 'found', queueId: 'attic' });
  expect(chooseAtPlace([attic, cellar])).toEqual({ outcome: 'location-ambiguous', queueIds: ['attic', 'cellar'] });
  expect(chooseAtPlace([hall, { ...attic, isHere: true }, cellar])).toEqual({ outcome: 'location-ambiguous', queueIds: ['hall', 'attic'] });
  expect(chooseAtPlace([])).toEqual({ outcome: 'location-empty' });
});
