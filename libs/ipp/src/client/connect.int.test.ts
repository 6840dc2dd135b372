import { describe, expect, it } from 'vitest';
import { connectToPrinter } from './connect.js';
import { parsePrinterUri } from './printer-uri.js';

/** A name to the system, which leads to 169.254.169.254. */
const NUMBER = '2852039166';
const rules = { linkLocalAllowed: false };
const place = (uri: string, host?: string) => ({ address: { ...parsePrinterUri(uri), ...(host !== undefined && { host }) }, trust: {}, addressRules: rules });

describe('a printer at a link-local or metadata address', () => {
  it.each(['ipp', 'ipps'])('is not connected to where that is refused, nor what a name leads to: %s', async (scheme) => {
    for (const forbidden of [place(`${scheme}://169.254.169.254/`), place(`${scheme}://[::ffff:169.254.169.254]/`), place(`${scheme}://printer/`, NUMBER)]) {
      await expect(connectToPrinter(forbidden, 5_000)).rejects.toMatchObject({
        code: 'ipp.printer-unreachable', fields: { acceptance: 'nothing' },
        message: expect.stringContaining('unless INKPOST_LINK_LOCAL_SERVERS is set to allowed') as unknown,
      });
    }
  });
});
