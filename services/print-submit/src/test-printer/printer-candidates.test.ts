import { describe, expect, it } from 'vitest';
import { printerCandidates, splitMakeAndModel } from './printer-candidates.js';

describe('where a printer may answer', () => {
  it('is at the place of a host that is named, with TLS and without', () => {
    expect(printerCandidates('cups.example.org:8631/printers/office')).toEqual([['ipps://cups.example.org:8631/printers/office'], ['ipp://cups.example.org:8631/printers/office']]);
  });

  it('is at the usual places of a host, with TLS and without', () => {
    expect(printerCandidates(' printer.example.org ')).toEqual([
      ['ipps://printer.example.org/ipp/print', 'ipps://printer.example.org/ipp/printer', 'ipps://printer.example.org/ipp', 'ipps://printer.example.org/'],
      ['ipp://printer.example.org/ipp/print', 'ipp://printer.example.org/ipp/printer', 'ipp://printer.example.org/ipp', 'ipp://printer.example.org/'],
    ]);
  });

  it.each([['192.0.2.7:8631', 'ipps://192.0.2.7:8631/ipp/print'], ['[2001:db8::7]', 'ipps://[2001:db8::7]/ipp/print']])('is found by address too: %s', (address, first) => {
    expect(printerCandidates(address)[0]?.[0]).toBe(first);
  });

  it('is where a whole URI says', () => {
    expect(printerCandidates('http://192.0.2.7:631/printers/lobby')).toEqual([['ipp://192.0.2.7/printers/lobby']]);
  });

  it.each(['', 'two words', 'socket://printer:9100', 'printer:0', 'ipp://user:secret@printer/'])('is nowhere for %j', (address) => {
    expect(() => printerCandidates(address)).toThrow(expect.objectContaining({ code: 'ipp.printer-uri-invalid' }));
  });
});

it.each([['Lexmark International CX730de', 'Lexmark', 'International CX730de'], ['Laser9', 'Laser9', ''], ['  ', '', '']])('%j is brand %j and model %j', (text, brand, model) => {
  expect(splitMakeAndModel(text)).toEqual({ brand, model });
});
