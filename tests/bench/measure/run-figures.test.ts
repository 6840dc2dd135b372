import { describe, expect, it } from 'vitest';
import { median, percentile } from './run-figures.js';

const oneToHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

describe('percentile', () => {
  it('is the smallest value that this share of all values does not exceed', () => {
    expect(percentile(oneToHundred, 0.5)).toBe(50);
    expect(percentile(oneToHundred, 0.99)).toBe(99);
    expect(percentile(oneToHundred, 1)).toBe(100);
    expect(percentile([7], 0.99)).toBe(7);
  });

  it('is not a number where nothing was measured', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });

  it('does not hide a value that is missing', () => {
    expect(percentile([1, Number.NaN, 2], 1)).toBeNaN();
  });
});

describe('median', () => {
  it('is the middle value, or the mean of the two in the middle', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
