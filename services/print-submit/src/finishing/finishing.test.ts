import { describe, expect, it } from 'vitest';
import { checkFinishing, COLOR_MODES, SIDES } from './finishing.js';

describe('finishing options', () => {
  it.each(COLOR_MODES.flatMap((colorMode) => SIDES.map((sides) => ({ colorMode, sides }))))('may be %j', (wanted) => {
    expect(checkFinishing(wanted)).toEqual(wanted);
  });

  it.each([
    [{ colorMode: '', sides: 'one-sided' }, 'colorMode', 'must be color or monochrome'],
    [{ colorMode: 'Color', sides: 'one-sided' }, 'colorMode', 'must be color or monochrome'],
    [{ colorMode: 'auto', sides: 'one-sided' }, 'colorMode', 'must be color or monochrome'],
    [{ colorMode: 'color', sides: 'duplex' }, 'sides', 'must be of one-sided, two-sided-long-edge, two-sided-short-edge'],
    [{ colorMode: 'color', sides: '' }, 'sides', 'must be of one-sided, two-sided-long-edge, two-sided-short-edge'],
  ])('name the one that is none: %j', (wanted, field, reason) => {
    expect(checkFinishing(wanted)).toEqual({ field, reason });
  });
});
