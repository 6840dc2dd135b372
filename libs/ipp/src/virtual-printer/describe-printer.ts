import { boolean, dateTimeFrom, enumeration, integer, keyword, strings } from '../codec/attribute.js';
import type { IppAttribute } from '../codec/message.js';
import { operationId } from '../codec/operation.js';
import { printerStateCode } from '../client/printer-status.js';

export const supportedFormats = ['application/pdf', 'application/octet-stream', 'text/plain'] as const;
export const copiesMax = 999;

/** Keyword job template attributes and their values; the first is the default. One without values is unknown to the printer. */
export type SupportedKeywords = Readonly<Record<string, readonly string[]>>;

/** What a printer supports that nothing else is said of. */
export const supportedKeywords = {
  sides: ['one-sided', 'two-sided-long-edge', 'two-sided-short-edge'],
  'print-color-mode': ['auto', 'color', 'monochrome'],
  media: ['iso_a4_210x297mm', 'iso_a3_297x420mm', 'iso_a5_148x210mm', 'na_letter_8.5x11in', 'na_legal_8.5x14in'],
  'output-bin': ['face-down'],
  'job-sheets': ['none'],
  'multiple-document-handling': ['single-document'],
} as const satisfies SupportedKeywords;

export interface PrinterFacts {
  readonly name: string;
  readonly uri: string;
  readonly moreInfoUri: string;
  readonly startedAt: Date;
  readonly isPrinting: boolean;
  readonly isAcceptingJobs: boolean;
  readonly queuedJobCount: number;
  readonly multipleOperationTimeOutMs: number;
  readonly keywords: SupportedKeywords;
}

/** Seconds since the start, from 1: what IPP calls up-time, and the clock of its time-at attributes. */
export function upTime(startedAt: Date, at: Date): number {
  return Math.floor((at.getTime() - startedAt.getTime()) / 1000) + 1;
}

/** The printer attributes that RFC 8011 section 5.4 and PWG 5100.12 section 6.2 require. */
export function describePrinter(facts: PrinterFacts, now: Date): IppAttribute[] {
  return [...description(facts, now), ...capabilities(facts.keywords), ...jobTemplate(facts.keywords)];
}

function description(facts: PrinterFacts, now: Date): IppAttribute[] {
  return [
    strings('uri', 'printer-uri-supported', [facts.uri]),
    keyword('uri-security-supported', 'none'),
    keyword('uri-authentication-supported', 'requesting-user-name'),
    strings('name', 'printer-name', [facts.name]),
    strings('text', 'printer-info', [facts.name]),
    strings('text', 'printer-location', ['']),
    strings('text', 'printer-make-and-model', ['Inkpost Virtual Printer']),
    strings('uri', 'printer-more-info', [facts.moreInfoUri]),
    enumeration('printer-state', facts.isPrinting ? printerStateCode.processing : printerStateCode.idle),
    keyword('printer-state-reasons', 'none'),
    boolean('printer-is-accepting-jobs', facts.isAcceptingJobs),
    integer('queued-job-count', facts.queuedJobCount),
    integer('printer-up-time', upTime(facts.startedAt, now)),
    { name: 'printer-current-time', values: [{ syntax: 'dateTime', value: dateTimeFrom(now) }] },
    integer('multiple-operation-time-out', Math.ceil(facts.multipleOperationTimeOutMs / 1000)),
  ];
}

function capabilities(supported: SupportedKeywords): IppAttribute[] {
  return [
    strings('charset', 'charset-configured', ['utf-8']),
    strings('charset', 'charset-supported', ['utf-8', 'us-ascii']),
    strings('naturalLanguage', 'natural-language-configured', ['en']),
    strings('naturalLanguage', 'generated-natural-language-supported', ['en']),
    keyword('ipp-versions-supported', '1.0', '1.1', '2.0'),
    enumeration('operations-supported', ...Object.values(operationId)),
    strings('mimeMediaType', 'document-format-default', ['application/octet-stream']),
    strings('mimeMediaType', 'document-format-supported', supportedFormats),
    keyword('compression-supported', 'none'),
    keyword('pdl-override-supported', 'not-attempted'),
    keyword('which-jobs-supported', 'completed', 'not-completed', 'all'),
    boolean('multiple-document-jobs-supported', false),
    boolean('color-supported', supported['print-color-mode']?.includes('color') ?? false),
    boolean('page-ranges-supported', true),
    integer('pages-per-minute', 60),
    integer('pages-per-minute-color', 60),
  ];
}

function jobTemplate(supported: SupportedKeywords): IppAttribute[] {
  const keywords = Object.entries(supported).flatMap(([name, values]) => [
    ...values.slice(0, 1).map((value) => keyword(`${name}-default`, value)),
    ...(values.length === 0 ? [] : [keyword(`${name}-supported`, ...values)]),
  ]);
  const resolution = { syntax: 'resolution', crossFeed: 600, feed: 600, units: 3 } as const;
  return [
    ...keywords,
    keyword('media-ready', supportedKeywords.media[0]),
    integer('copies-default', 1),
    { name: 'copies-supported', values: [{ syntax: 'rangeOfInteger', lower: 1, upper: copiesMax }] },
    enumeration('finishings-default', 3),
    enumeration('finishings-supported', 3),
    enumeration('orientation-requested-default', 3),
    enumeration('orientation-requested-supported', 3, 4, 5, 6),
    enumeration('print-quality-default', 4),
    enumeration('print-quality-supported', 3, 4, 5),
    { name: 'printer-resolution-default', values: [resolution] },
    { name: 'printer-resolution-supported', values: [resolution] },
  ];
}
