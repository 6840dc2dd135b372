import { X509Certificate } from 'node:crypto';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { parsePrinterUri } from '@inkpost/ipp/client/printer-uri.js';
import { printLimits } from '../limits.js';
import { ROOT_LOCATION } from '../locations/location.store.js';
import { checkHoldHours, checkIdentifier, checkKeepHours, checkName, checkProperty, checkTags, tidyTags } from './check-properties.js';
import type { OwnExpertSettings } from './expert-settings.js';

/** A queue as its administrator set it. */
export interface QueueSettings {
  /** Chosen by the administrator: letters, digits, - and _. */
  readonly queueId: string;
  readonly name: string;
  /** ipp, ipps, http or https. */
  readonly printerUri: string;
  /** Jobs are held until released (WD-019). */
  readonly validation: boolean;
  readonly holdHours: number;
  /** How long a document is kept after it was printed, to be printed once more; 0: not at all. */
  readonly keepHours: number;
  /** PEM of a certificate to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** Of the printer (WD-004); empty: nobody said. */
  readonly brand: string;
  readonly model: string;
  readonly serialNumber: string;
  readonly locationId: string;
  /** country/region/city/…, as an organisation likes. */
  readonly geocode: string;
  readonly tags: readonly string[];
  readonly comment: string;
  /** Of the group whose settings hold instead of `validation`, `holdHours` and `keepHours`; empty: none. */
  readonly groupId: string;
  /** What it leaves out is as its group says. */
  readonly expert: OwnExpertSettings;
}

/** What is wrong with a field (its JSON name), and what to do. */
export interface FieldProblem {
  readonly field: keyof QueueSettings;
  readonly reason: string;
}

const PROPERTIES = ['brand', 'model', 'serialNumber', 'geocode', 'comment'] as const;
const LENGTHS_MAX = {
  brand: printLimits.queuePropertyLengthMax, model: printLimits.queuePropertyLengthMax, serialNumber: printLimits.queuePropertyLengthMax,
  geocode: printLimits.geocodeLengthMax, comment: printLimits.commentLengthMax,
} as const;

/** The settings as they are stored, or the first problem. Zero hours mean the default. */
export function checkQueueSettings(wanted: QueueSettings): QueueSettings | FieldProblem {
  const settings: QueueSettings = {
    ...wanted,
    name: wanted.name.trim(),
    printerUri: wanted.printerUri.trim(),
    holdHours: wanted.holdHours === 0 ? printLimits.holdHoursDefault : wanted.holdHours,
    certificateAuthority: wanted.certificateAuthority.trim(),
    locationId: wanted.locationId || ROOT_LOCATION,
    tags: tidyTags(wanted.tags),
    ...trimmedProperties(wanted),
  };
  const checks = {
    queueId: checkIdentifier(settings.queueId),
    name: checkName(settings.name),
    printerUri: checkPrinterUri(settings.printerUri),
    holdHours: checkHoldHours(settings.holdHours),
    keepHours: checkKeepHours(settings.keepHours),
    certificateAuthority: checkCertificate(settings.certificateAuthority),
    tags: checkTags(settings.tags),
    ...Object.fromEntries(PROPERTIES.map((property) => [property, checkProperty(settings[property], LENGTHS_MAX[property])])),
  };
  for (const [field, reason] of Object.entries(checks)) {
    if (reason !== undefined) return { field: field as keyof QueueSettings, reason };
  }
  return settings;
}

function trimmedProperties(wanted: QueueSettings): Pick<QueueSettings, (typeof PROPERTIES)[number]> {
  const { brand, model, serialNumber, geocode, comment } = wanted;
  return { brand: brand.trim(), model: model.trim(), serialNumber: serialNumber.trim(), geocode: geocode.trim(), comment: comment.trim() };
}

export function checkPrinterUri(uri: string): string | undefined {
  if (uri.length > printLimits.printerUriLengthMax) return `must have at most ${printLimits.printerUriLengthMax} characters`;
  try {
    parsePrinterUri(uri);
    return undefined;
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    return `is not usable: ${String(error.fields['reason'])}; for example ipp://printer.example.org/ipp/print`;
  }
}

export function checkCertificate(pem: string): string | undefined {
  if (pem === '') return undefined;
  if (pem.length > printLimits.certificateLengthMax) return `must have at most ${printLimits.certificateLengthMax} characters`;
  try {
    void new X509Certificate(pem);
    return undefined;
  } catch {
    return 'must be a certificate in PEM form, starting with -----BEGIN CERTIFICATE-----';
  }
}
