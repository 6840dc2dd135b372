import { once } from 'node:events';
import { connect } from 'node:tls';
import { asFailure, CauseDown } from '@inkpost/failure/failure.js';
import { textOf } from '@inkpost/ipp/codec/attribute.js';
import type { PrinterStatus } from '@inkpost/ipp/client/printer-status.js';
import { parsePrinterUri } from '@inkpost/ipp/client/printer-uri.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { connectServer } from '@inkpost/server-connection/connect-server.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { printerTestLimits, printLimits } from '../limits.js';
import type { OpenPrinter } from '../queues/open-printer.js';
import { type PrinterCapabilities, readCapabilities } from '../queues/printer-capabilities.js';
import { printerCandidates, splitMakeAndModel } from './printer-candidates.js';

/** A printer that answered, and what it says of itself. */
export interface FoundPrinter {
  readonly printerUri: string;
  readonly name: string;
  readonly brand: string;
  readonly model: string;
  readonly serialNumber: string;
  /** Where it says that it stands. */
  readonly location: string;
  readonly capabilities: PrinterCapabilities;
  /** PEM of its certificate, where nobody the system trusts vouches for it; empty: not needed. */
  readonly certificate: string;
  /** SHA-256 of it. */
  readonly certificateFingerprint: string;
}

export interface PrintersFound {
  readonly printers: readonly FoundPrinter[];
  /** What was tried in vain, and why. */
  readonly tried: readonly string[];
}

/** One way of asking, through all places. */
interface Searched {
  readonly printer?: FoundPrinter;
  readonly tried: readonly string[];
  /** Somebody answered in IPP, if only that no printer is there. */
  readonly speaksIpp: boolean;
}

/** As print servers have them. */
const ELSEWHERE = 'A print server answers there, and has no printer at the usual places: give the address of one of its queues whole, for CUPS such as ipp://cups.example.org/printers/name.';

interface ShownCertificate {
  readonly pem: string;
  readonly fingerprint: string;
}

/** Asks at the usual places of an address who is there. */
export class PrinterFinder {
  constructor(
    private readonly openPrinter: OpenPrinter,
    private readonly rules: AddressRules,
  ) {}

  /** Throws `ipp.printer-uri-invalid` where the address can't be one, and the reason of `signal`. */
  async find(address: string, signal: AbortSignal): Promise<PrintersFound> {
    const results = await Promise.all(printerCandidates(address).map((places) => this.firstThatAnswers(places, signal)));
    signal.throwIfAborted();
    const [printers, tried] = [results.flatMap(({ printer }) => printer ?? []), results.flatMap((result) => result.tried)];
    const isElsewhere = printers.length === 0 && results.some(({ speaksIpp }) => speaksIpp);
    return { printers, tried: isElsewhere ? [...tried, ELSEWHERE] : tried };
  }

  /** One after the other: all are the same machine's. */
  private async firstThatAnswers(printerUris: readonly string[], signal: AbortSignal): Promise<Searched> {
    const tried: string[] = [];
    let speaksIpp = false;
    for (const printerUri of printerUris) {
      signal.throwIfAborted();
      try {
        return { printer: await this.ask(printerUri, signal), tried, speaksIpp: true };
      } catch (error) {
        const failure = asFailure(error);
        tried.push(shownText(failure.message, printLimits.printerUriLengthMax));
        speaksIpp ||= failure.fields['status'] === 'client-error-not-found';
        // Where nobody can be reached, another path leads nowhere either.
        if (failure instanceof CauseDown) return { tried, speaksIpp };
      }
    }
    return { tried, speaksIpp };
  }

  private async ask(printerUri: string, signal: AbortSignal): Promise<FoundPrinter> {
    const certificate = await this.ownCertificate(printerUri, signal);
    const printer = this.openPrinter({ printerUri, certificateAuthority: certificate?.pem ?? '' }, printerTestLimits);
    const close = (): void => printer.close();
    signal.addEventListener('abort', close, { once: true });
    try {
      return describe(printerUri, await printer.getPrinterAttributes(), certificate);
    } finally {
      signal.removeEventListener('abort', close);
      close();
    }
  }

  /** The certificate that the printer shows, where it is not trusted without further ado. Nothing is sent over that connection. */
  private async ownCertificate(printerUri: string, signal: AbortSignal): Promise<ShownCertificate | undefined> {
    const { secure, host, port } = parsePrinterUri(printerUri);
    if (!secure) return undefined;
    const bounded = AbortSignal.any([signal, AbortSignal.timeout(printerTestLimits.stepMs)]);
    const socket = await connectServer({ host, port }, this.rules, printerTestLimits.stepMs, bounded);
    const secured = connect({ socket, host, rejectUnauthorized: false });
    secured.on('error', () => undefined);
    try {
      await once(secured, 'secureConnect', { signal: bounded });
      const leaf = secured.getPeerX509Certificate();
      return secured.authorized || !leaf ? undefined : { pem: leaf.toString(), fingerprint: leaf.fingerprint256 };
    } catch (error) {
      signal.throwIfAborted();
      throw new CauseDown('server.fault', `${printerUri} does not speak TLS.`, { cause: error });
    } finally {
      secured.destroy();
      socket.destroy();
    }
  }
}

function describe(printerUri: string, status: PrinterStatus, certificate: ShownCertificate | undefined): FoundPrinter {
  const text = (said: string | undefined, lengthMax: number): string => shownText(said ?? '', lengthMax);
  const { brand, model } = splitMakeAndModel(text(status.printerMakeAndModel, printLimits.queuePropertyLengthMax));
  return {
    printerUri, brand, model,
    name: text(status.printerInfo || status.printerName, printLimits.queueNameLengthMax),
    serialNumber: text(serialNumberOf(status), printLimits.queuePropertyLengthMax),
    location: text(textOf(status.attributes, 'printer-location'), printLimits.geocodeLengthMax),
    capabilities: readCapabilities(status),
    certificate: certificate?.pem ?? '',
    certificateFingerprint: certificate?.fingerprint ?? '',
  };
}

/** IEEE 1284 device id: `MFG:Lexmark;MDL:CX730;SN:7402…;` (PWG 5107.2), where the printer has no attribute of its own for it. */
function serialNumberOf({ attributes }: PrinterStatus): string | undefined {
  const deviceId = textOf(attributes, 'printer-device-id') ?? '';
  return textOf(attributes, 'printer-serial-number') ?? /(?:^|;)\s*(?:SN|SERN|SERIALNUMBER):\s*(?<serial>[^;]+)/iu.exec(deviceId)?.groups?.['serial'];
}
