import type { MessageInitShape } from '@bufbuild/protobuf';
import type { CapabilitiesSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import { findAttribute, textOf, textsOf } from '@inkpost/ipp/codec/attribute.js';
import type { IppGroup } from '@inkpost/ipp/codec/message.js';
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
  /** What it takes where a job names none. */
  readonly mediaDefault?: string;
  /** How it wants pages as pictures (PWG 5102.4); absent: it takes none. */
  readonly raster?: RasterCapabilities;
  /** The same for Apple's format, in its words: W8, SRGB24, RS300-600, DM1. */
  readonly urf?: readonly string[];
}

export interface RasterCapabilities {
  /** Dots per inch. */
  readonly resolutions: readonly number[];
  /** srgb_8, sgray_8, black_1, … */
  readonly types: readonly string[];
  /** How the backs of sheets are turned: normal, flipped, rotated, manual-tumble. */
  readonly sheetBack: string;
}

const RASTER_ATTRIBUTES = ['pwg-raster-document-resolution-supported', 'pwg-raster-document-type-supported', 'pwg-raster-document-sheet-back', 'urf-supported'] as const;

/** What to ask Get-Printer-Attributes for. */
export const CAPABILITY_ATTRIBUTES = [
  'sides-supported', 'print-color-mode-supported', 'color-supported', 'printer-make-and-model', 'document-format-supported', 'media-supported', 'copies-supported', 'page-ranges-supported',
  'media-default', ...RASTER_ATTRIBUTES,
] as const;

/** A printer may list thousands of words, and long ones: so many of each list are kept. */
const WORDS_MAX = 200;
/** RFC 8011, 5.1.3 and 5.1.4: keywords and names have at most 255 octets. */
const WORD_LENGTH_MAX = 255;
/** Of a resolution, RFC 8010, section 3.9; 3 is per inch. */
const PER_CENTIMETRE = 4;

type Said = Pick<
  PrinterStatus,
  'sidesSupported' | 'printColorModeSupported' | 'colorSupported' | 'printerMakeAndModel' | 'documentFormatSupported' | 'mediaSupported' | 'copiesMax' | 'pageRangesSupported' | 'mediaDefault' | 'attributes'
>;

export function readCapabilities(said: Said): PrinterCapabilities {
  const { colorSupported, printerMakeAndModel, copiesMax, pageRangesSupported, mediaDefault, attributes } = said;
  const urf = words(textsOf(attributes, 'urf-supported'));
  return {
    sides: SIDES.filter((each) => said.sidesSupported.includes(each)),
    colorModes: COLOR_MODES.filter((each) => said.printColorModeSupported.includes(each)),
    documentFormats: words(said.documentFormatSupported),
    media: words(said.mediaSupported),
    ...(colorSupported === undefined ? {} : { color: colorSupported }),
    ...(printerMakeAndModel === undefined ? {} : { makeAndModel: word(printerMakeAndModel) }),
    ...(copiesMax === undefined ? {} : { copiesMax }),
    ...(pageRangesSupported === undefined ? {} : { pageRanges: pageRangesSupported }),
    ...(mediaDefault === undefined ? {} : { mediaDefault: word(mediaDefault) }),
    ...(said.documentFormatSupported.includes('image/pwg-raster') ? { raster: readRaster(attributes) } : {}),
    ...(urf.length === 0 ? {} : { urf }),
  };
}

function readRaster(attributes: IppGroup): RasterCapabilities {
  const resolutions = findAttribute(attributes, 'pwg-raster-document-resolution-supported')?.values ?? [];
  return {
    resolutions: resolutions.slice(0, WORDS_MAX).flatMap((value) => (value.syntax === 'resolution' && value.crossFeed === value.feed ? Math.round(value.units === PER_CENTIMETRE ? value.feed * 2.54 : value.feed) : [])),
    types: words(textsOf(attributes, 'pwg-raster-document-type-supported')),
    sheetBack: word(textOf(attributes, 'pwg-raster-document-sheet-back') ?? ''),
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
