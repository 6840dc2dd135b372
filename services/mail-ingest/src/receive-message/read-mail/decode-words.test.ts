import { expect, it } from 'vitest';
import { decodeWords } from './decode-words.js';

it.each([
  ['=?UTF-8?B?w6k=?= =?iso-8859-1?Q?=E9?=', 'éé'],
  ['=?utf-8?q?a_b?= plain', 'a b plain'],
  ['plain =?utf-8*en?q?b?=, =?utf-8?q?c?=', 'plain b, c'],
  ['=?no-such-set?Q?abc?=', 'abc'],
  ['=?no-such-set?Q?=E9?=', 'é'],
  ['=?us-ascii?Q?=C3=A9?=', 'é'],
  // A letter that is cut between two words.
  ['=?UTF-8?B?4oI=?=\r\n =?UTF-8?Q?=AC?=', '€'],
  ['=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=', '日本'],
  // Broken, and sent all the same.
  ['=?UTF-8?B?w6k=w6k=?=', 'éé'],
  ['=?UTF-8?B?w6k?=', 'é'],
  ['=?UTF-8?Q?What? really.pdf?=', 'What? really.pdf'],
  ['=?UTF-8?Q?=ZZ=C3=A9?=', '=ZZé'],
  ['=?broken', '=?broken'],
  ['=?utf-8?X?abc?=', '=?utf-8?X?abc?='],
  ['no words', 'no words'],
])('%j is %j', (encoded, text) => expect(decodeWords(encoded)).toBe(text));

/** One text in each set, and its bytes in it. */
it.each([
  ['utf-8', 'c3a9', 'é'], ['utf-16be', '00e9', 'é'], ['utf-16le', 'e900', 'é'], ['iso-8859-1', 'e9', 'é'], ['ISO_8859-1', 'e9', 'é'], ['iso8859_1', 'e9', 'é'], ['iso-8859-2', 'e8', 'č'], ['iso-8859-3', 'e6', 'ĉ'],
  ['iso-8859-4', 'e8', 'č'], ['iso-8859-5', 'd6', 'ж'], ['iso-8859-6', 'c8', 'ب'], ['iso-8859-7', 'e1', 'α'], ['iso-8859-8', 'e0', 'א'], ['iso-8859-8-i', 'e0', 'א'], ['iso-8859-9', 'fe', 'ş'],
  ['iso-8859-10', 'e8', 'č'], ['iso-8859-13', 'e8', 'č'], ['iso-8859-14', 'f0', 'ŵ'], ['iso-8859-15', 'a4', '€'], ['iso-8859-16', 'a4', '€'],
  ['windows-1250', 'e8', 'č'], ['cp1251', 'e6', 'ж'], ['windows-1252', '80', '€'], ['CP-1252', '80', '€'], ['windows-1253', 'e1', 'α'], ['windows-1254', 'fe', 'ş'], ['windows-1255', 'e0', 'א'], ['windows-1256', 'c8', 'ب'],
  ['windows-1257', 'e8', 'č'], ['windows-1258', 'fe', '₫'], ['windows-874', 'a1', 'ก'], ['tis-620', 'a1', 'ก'], ['koi8-r', 'd6', 'ж'], ['koi8-u', 'a4', 'є'], ['ibm866', 'a6', 'ж'], ['macintosh', '8e', 'é'], ['x-mac-cyrillic', 'e6', 'ж'],
  ['gb2312', 'b0a1', '啊'], ['gbk', 'b0a1', '啊'], ['x-gbk', 'b0a1', '啊'], ['gb18030', 'b0a1', '啊'], ['big5', 'a4e9', '日'], ['big5-hkscs', 'a4e9', '日'], ['euc-jp', 'c6fc', '日'], ['shift_jis', '93fa', '日'], ['cp932', '93fa', '日'],
  ['iso-2022-jp', '1b2442467c1b2842', '日'], ['euc-kr', 'b0a1', '가'], ['ks_c_5601-1987', 'b0a1', '가'], ['ansi_x3.4-1968', 'e9', 'é'],
])('knows the character set %s', (charset, hex, text) => {
  expect(decodeWords(`=?${charset}?B?${Buffer.from(hex, 'hex').toString('base64')}?=`)).toBe(text);
});

it.each(['=?'.repeat(4_000), '=?a?b?'.repeat(1_300), '=?utf-8?B?YQ==?= '.repeat(480), `=?utf-8?q?${' '.repeat(8_000)}`, `=?${'x'.repeat(8_000)}`, `=?a?q?${'?'.repeat(8_000)}`])('decodes the words number %# of a hostile sender in little time', (text) => {
  const startedAt = performance.now();
  decodeWords(text);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
