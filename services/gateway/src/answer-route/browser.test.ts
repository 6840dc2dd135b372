import { describe, expect, it } from 'vitest';
import { Browser } from './browser.js';

describe('a browser', () => {
  it.each([
    ['fr-CH, fr;q=0.9, en;q=0.8, de;q=0.7, *;q=0.5', 'fr'],
    ['de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7,fr;q=0.1', 'en'],
    ['en;q=0.2, fr', 'fr'],
    ['fr;q=0, en', 'en'],
    ['fro', 'en'],
    ['ja', 'en'],
    ['', 'en'],
    [undefined, 'en'],
  ])('with the languages %j reads %s', (accepted, language) => {
    expect(new Browser(accepted === undefined ? {} : { 'accept-language': accepted }).language).toBe(language);
  });

  it.each([
    ['a=1; inkpost_association=abc; b=2', 'abc'],
    ['other_inkpost_association=abc', undefined],
    ['inkpost_association=', ''],
    ['', undefined],
  ])('with the cookies %j brings %j', (cookie, value) => {
    expect(new Browser({ cookie }).cookie('inkpost_association')).toBe(value);
  });

  it('is told from a program by what it accepts', () => {
    expect([new Browser({ accept: 'text/html,application/xhtml+xml' }).wantsPage, new Browser({ accept: '*/*' }).wantsPage]).toEqual([true, false]);
  });
});
