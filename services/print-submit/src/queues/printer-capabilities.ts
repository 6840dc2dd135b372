import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CapabilitiesSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import type { PrinterStatus } from '@inkpost/ipp/client/printer-status.js';
import { COLOR_MODES, SIDES } from '../finishing/finishing.js';

/** What a printer says it can do, as far as jobs ask for it. A list is empty, and a value absent, where the printer does not know the option. */
export interface PrinterCapabilities {
  readonly sides: readonly string[];
  readonly colorModes: readonly string[];
  readonly color?: boolean;
  readonly makeAndModel?: string;
  /** MIME types. */
  readonly documentFormats?: readonly string[];
  /** PWG media names (PWG 5101.1). */
  readonly media?: readonly string[];
  readonly copiesMax?: number;
  readonly pageRanges?: boolean;
}

/** What to ask Get-Printer-Attributes for. */
export const CAPABILITY_ATTRIBUTES = [
  'sides-supported', 'print-color-mode-supported', 'color-supported', 'printer-make-and-model', 'document-format-supported', 'media-supported', 'copies-supported', 'page-ranges-supported',
] as const;

/** A printer may list thousands of words, and long ones: so many of each list are kept. */
const WORDS_MAX = 200;
/** RFC 8011, 5.1.3 and 5.1.4: keywords and names have at most 255 octets. */
const WORD_LENGTH_MAX = 255;

type Said = Pick<
  PrinterStatus,
  'sidesSupported' | 'printColorModeSupported' | 'colorSupported' | 'printerMakeAndModel' | 'documentFormatSupported' | 'mediaSupported' | 'copiesMax' | 'pageRangesSupported'
>;

export function readCapabilities(said: Said): PrinterCapabilities {
  const { colorSupported, printerMakeAndModel, copiesMax, pageRangesSupported } = said;
  return {
    sides: SIDES.filter((each) => said.sidesSupported.includes(each)),
    colorModes: COLOR_MODES.filter((each) => said.printColorModeSupported.includes(each)),
    documentFormats: words(said.documentFormatSupported),
    media: words(said.mediaSupported),
    ...(colorSupported === undefined ? {} : { color: colorSupported }),
    ...(printerMakeAndModel === undefined ? {} : { makeAndModel: word(printerMakeAndModel) }),
    ...(copiesMax === undefined ? {} : { copiesMax }),
    ...(pageRangesSupported === undefined ? {} : { pageRanges: pageRangesSupported }),
  };
}

/** One that names as many as are kept may have more. */
export function hasMedia({ media = [] }: PrinterCapabilities, name: string): boolean {
  return media.includes(name) || media.length === WORDS_MAX;
}

export function wireCapabilities(known: PrinterCapabilities): MessageInitShape<typeof CapabilitiesSchema> {
  const { sides, colorModes, documentFormats = [], media = [], color, pageRanges, makeAndModel = '', copiesMax = 0 } = known;
  return {
    sides: [...sides], colorModes: [...colorModes], documentFormats: [...documentFormats], media: [...media], makeAndModel, copiesMax: Math.max(0, copiesMax),
    ...(color === undefined ? {} : { color }), ...(pageRanges === undefined ? {} : { pageRanges }),
  };
}

function words(said: readonly string[]): string[] {
  return said.slice(0, WORDS_MAX).map(word);
}

function word(said: string): string {
  return said.replaceAll(/[\p{Cc}\p{Cf}]/gu, '').slice(0, WORD_LENGTH_MAX).toWellFormed();
}
