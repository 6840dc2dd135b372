import { expect, it } from 'vitest';
import { automaticSign } from './automatic-sign.js';
import { mailLanguage } from './mail-language.js';
import { Header } from './read-mail/header.js';

const header = (text: string) => new Header(Buffer.from(text));

it.each([
  ['Auto-Submitted: auto-replied; owner-email="a@b.c"', 'auto-submitted'],
  ['Auto-Submitted: Auto-Generated (by cron)', 'auto-submitted'],
  ['Precedence: BULK', 'precedence'],
  ['Precedence: list', 'precedence'],
  ['List-Id: <list.example.org>', 'list-id'],
  ['Return-Path: <>', 'empty-return-path'],
])('%s is the sign of an automatic mail', (text, sign) => expect(automaticSign(header(text), undefined)).toBe(sign));

it.each(['Auto-Submitted: no', 'Auto-Submitted: NO (a person)', 'Precedence: first-class', 'Return-Path: <a@example.org>', 'Subject: Precedence: bulk'])(
  '%s is none', (text) => expect(automaticSign(header(text), 'a@example.org')).toBeUndefined());

it('sees an automatic mail in the null sender of SMTP, not in an envelope that is unknown', () => {
  expect(automaticSign(header(''), '')).toBe('empty-return-path');
  expect(automaticSign(header(''), undefined)).toBeUndefined();
});

it.each([['fr', 'fr'], ['FR-ca, en', 'fr'], ['en', 'en'], ['en-GB', 'en'], ['de', ''], ['french', ''], ['', ''], ['de, fr', '']])('knows the language of a mail in %j as %j', (value, language) => {
  expect(mailLanguage(header(`Content-Language: ${value}`))).toBe(language);
});
