import { describe, expect, it } from 'vitest';
import { parsePrinterUri } from './printer-uri.js';

describe('printer URIs', () => {
  it.each([
    ['ipp://printer.example.com/ipp/print', 'ipp://printer.example.com/ipp/print', false, 'printer.example.com', 631, '/ipp/print'],
    ['IPPS://Printer.Example.com', 'ipps://printer.example.com/', true, 'printer.example.com', 631, '/'],
    ['ipps://10.0.0.9:443/ipp/print', 'ipps://10.0.0.9:443/ipp/print', true, '10.0.0.9', 443, '/ipp/print'],
    ['http://host:631/printers/q%201', 'ipp://host/printers/q%201', false, 'host', 631, '/printers/q%201'],
    ['http://host/ipp', 'ipp://host:80/ipp', false, 'host', 80, '/ipp'],
    ['https://host/ipp?waitjob=false', 'ipps://host:443/ipp?waitjob=false', true, 'host', 443, '/ipp?waitjob=false'],
    ['ipp://[fd00::1]:8631/x', 'ipp://[fd00::1]:8631/x', false, 'fd00::1', 8631, '/x'],
  ])('reads %s', (uri, printerUri, secure, host, port, path) => {
    expect(parsePrinterUri(uri)).toEqual({ printerUri, secure, host, port, path });
  });

  it.each([
    ['socket://host:9100', 'it must start with'],
    ['ipp:/host', 'it must start with'],
    ['ipp://user:secret@host/', 'user or password'],
    ['ipp://host:99999/', 'cannot be read'],
    ['ipp://host:0/', 'out of range'],
    ['', 'it must start with'],
  ])('refuses %s', (uri, reason) => {
    expect(() => parsePrinterUri(uri)).toThrow(expect.objectContaining({ code: 'ipp.printer-uri-invalid', message: expect.stringContaining(reason) }));
    expect(() => parsePrinterUri(uri)).not.toThrow('secret');
  });
});
