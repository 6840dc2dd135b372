import { booleanOf, findAttribute, numberOf, numbersOf, textOf, textsOf } from '../codec/attribute.js';
import type { IppGroup } from '../codec/message.js';
import { namesByCode } from '../codec/names-by-code.js';

/** The numbers of printer-state (RFC 8011 section 5.4.11). */
export const printerStateCode = { idle: 3, processing: 4, stopped: 5 } as const;

const printerStates = namesByCode(printerStateCode);

export type PrinterState = keyof typeof printerStateCode | 'unknown';

/** A printer as it describes itself. Lists are empty and single values `undefined` when it says nothing; `attributes` has all it said. */
export interface PrinterStatus {
  readonly printerName: string | undefined;
  readonly printerInfo: string | undefined;
  readonly printerMakeAndModel: string | undefined;
  readonly printerState: PrinterState;
  readonly printerStateReasons: readonly string[];
  readonly printerIsAcceptingJobs: boolean | undefined;
  readonly queuedJobCount: number | undefined;
  readonly ippVersionsSupported: readonly string[];
  /** operation-id values. */
  readonly operationsSupported: readonly number[];
  readonly documentFormatSupported: readonly string[];
  readonly documentFormatDefault: string | undefined;
  readonly mediaSupported: readonly string[];
  readonly mediaDefault: string | undefined;
  readonly sidesSupported: readonly string[];
  readonly printColorModeSupported: readonly string[];
  readonly copiesMax: number | undefined;
  readonly pageRangesSupported: boolean | undefined;
  readonly colorSupported: boolean | undefined;
  readonly attributes: IppGroup;
}

export function readPrinterStatus(group: IppGroup): PrinterStatus {
  const copies = findAttribute(group, 'copies-supported')?.values[0];
  return {
    printerName: textOf(group, 'printer-name'),
    printerInfo: textOf(group, 'printer-info'),
    printerMakeAndModel: textOf(group, 'printer-make-and-model'),
    printerState: printerStates.get(numberOf(group, 'printer-state') ?? 0) ?? 'unknown',
    printerStateReasons: textsOf(group, 'printer-state-reasons'),
    printerIsAcceptingJobs: booleanOf(group, 'printer-is-accepting-jobs'),
    queuedJobCount: numberOf(group, 'queued-job-count'),
    ippVersionsSupported: textsOf(group, 'ipp-versions-supported'),
    operationsSupported: numbersOf(group, 'operations-supported'),
    documentFormatSupported: textsOf(group, 'document-format-supported'),
    documentFormatDefault: textOf(group, 'document-format-default'),
    mediaSupported: textsOf(group, 'media-supported'),
    mediaDefault: textOf(group, 'media-default'),
    sidesSupported: textsOf(group, 'sides-supported'),
    printColorModeSupported: textsOf(group, 'print-color-mode-supported'),
    copiesMax: copies?.syntax === 'rangeOfInteger' ? copies.upper : undefined,
    pageRangesSupported: booleanOf(group, 'page-ranges-supported'),
    colorSupported: booleanOf(group, 'color-supported'),
    attributes: group,
  };
}
