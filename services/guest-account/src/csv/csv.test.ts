import { describe, expect, it } from 'vitest';
import { parseCsv } from './parse-csv.js';
import { readAnswer } from './read-answer.js';
import { type DayEdge, readMoment } from './read-moment.js';
import { csvRecord, withoutApostrophe } from './write-csv.js';

describe('a CSV', () => {
  it('is read with quotation marks, lines within fields, and both ends of lines', () => {
    expect(parseCsv('a,b\r\n"x, ""y""","1\n2"\n\nz,\r\n,')).toEqual([
      { line: 1, fields: ['a', 'b'] }, { line: 2, fields: ['x, "y"', '1\n2'] }, { line: 5, fields: ['z', ''] }, { line: 6, fields: ['', ''] },
    ]);
  });

  it('may come from a spreadsheet in French, with a byte order mark', () => {
    expect(parseCsv('\uFEFFlogin;addresses\nada;"a@b.example;c@d.example"\n')).toEqual([{ line: 1, fields: ['login', 'addresses'] }, { line: 2, fields: ['ada', 'a@b.example;c@d.example'] }]);
  });

  it.each(['"never closed', 'a,"b"c'])('is refused where its quotation marks are wrong: %s', (csv) => {
    expect(() => parseCsv(`a,b\n${csv}`)).toThrow(/^line 2: /);
  });
});

describe('a field of a CSV', () => {
  it.each(['plain', 'with, comma', 'with; semicolon', 'with "quotes"', 'two\nlines', '=1+1', '+33 1', '-5', '@all', '\'quoted\'', '', 'é😀'])('comes back as it was written: %j', (text) => {
    expect(parseCsv(`${csvRecord(['a', 'b'])}${csvRecord([text, 'x'])}`)[1]?.fields.map(withoutApostrophe)).toEqual([text, 'x']);
  });

  it('never begins as a formula does', () => {
    for (const text of ['=HYPERLINK("http://x")', '+1', '-1', '@SUM(A1)', '\t=1']) expect(parseCsv(`a\n${csvRecord([text])}`)[1]?.fields[0]).toMatch(/^'/);
  });

  it.each([
    ['2026-12-31', 'begin', new Date(2026, 11, 31)], ['2026-12-31', 'end', new Date(2027, 0, 1)], ['31/12/2026', 'end', new Date(2027, 0, 1)], ['1.2.2026', 'begin', new Date(2026, 1, 1)],
    ['31/12/2026 18:30', 'end', new Date(2026, 11, 31, 18, 30)], ['2026-12-31T18:30:00Z', 'end', new Date('2026-12-31T18:30:00Z')], ['2026-12-31T18:30+02:00', 'begin', new Date('2026-12-31T16:30:00Z')],
    ['31/06/2026', 'begin', undefined], ['2026-13-01', 'begin', undefined], ['12/31/2026', 'begin', undefined], ['31/12/26', 'begin', undefined], ['now', 'begin', undefined], ['2026-12-31 25:00', 'begin', undefined],
  ] satisfies [string, DayEdge, Date | undefined][])('%s as the %s of something is %s', (text, edge, moment) => {
    expect(readMoment(text, edge)).toEqual(moment);
  });

  it.each([['yes', true], [' Oui', true], ['1', true], ['no', false], ['', false], ['faux', undefined], ['2', undefined]])('%j answers %s', (text, answer) => {
    expect(readAnswer(text)).toBe(answer);
  });
});
