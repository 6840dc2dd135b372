import { describe, expect, it } from 'vitest';
import { Header } from './read-mail/header.js';
import { readSender } from './read-sender.js';

const sender = (...from: string[]) => readSender(new Header(Buffer.from(from.map((value) => `From: ${value}`).join('\r\n'))));

describe('the sender', () => {
  it.each([
    ['Elodie.Martin@Example.ORG', 'elodie.martin@example.org', ''],
    ['"Martin, Elodie" <elodie@example.org>', 'elodie@example.org', 'Martin, Elodie'],
    ['=?UTF-8?Q?=C3=89lodie?= <e@büro.example>', 'e@xn--bro-hoa.example', 'Élodie'],
    ['"boss@example.com" <me@example.org>', 'me@example.org', 'boss@example.com'],
    ['me@example.org (my <comment>)', 'me@example.org', 'my <comment>'],
    ['"a\r\n b\0" <me@example.org>', 'me@example.org', 'a b'],
  ])('of %j is %s', (from, address, displayName) => expect(sender(from)).toEqual({ address, displayName }));

  it('of several is nobody: which one would have the right to print?', () => {
    expect(sender('a@example.org', 'b@example.org')).toMatchObject({ address: '', problem: 'from-ambiguous' });
    for (const from of ['a@example.org, b@example.org', 'Group: a@example.org, b@example.org;', 'A <a@example.org> <b@example.org>', '<a@example.org>b <b@example.org>']) {
      expect(sender(from), from).toMatchObject({ address: '', problem: 'from-ambiguous' });
    }
  });

  it.each(['', 'nobody', '<>', '@example.org', 'a@', 'a@[127.0.0.1]', 'undisclosed:;'])('of %j is nobody', (from) => expect(sender(from)).toMatchObject({ address: '', problem: 'from-invalid' }));

  it('is who the From names, whatever Sender, Reply-To and Return-Path say', () => {
    const header = new Header(Buffer.from(['Sender: secretary@example.org', 'Reply-To: else@example.org', 'Return-Path: <bounce@example.org>', 'From: boss@example.org', 'Resent-From: other@example.org'].join('\r\n')));
    expect(readSender(header)).toEqual({ address: 'boss@example.org', displayName: '' });
  });

  it('of 400 characters is nobody, and one in quotes is who it is without', () => {
    expect(sender(`${'a'.repeat(388)}@example.org`)).toMatchObject({ address: '', problem: 'from-invalid' });
    expect(sender(`a@${'b.'.repeat(193)}example.org`)).toMatchObject({ address: '', problem: 'from-invalid' });
    expect(sender('"ada.lovelace"@example.org')).toMatchObject({ address: 'ada.lovelace@example.org' });
  });

  it('of a mail without From is nobody', () => expect(sender()).toMatchObject({ address: '', problem: 'from-missing' }));
});
