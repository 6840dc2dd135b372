import type { FinishingOption } from '../finishing/finishing.js';
import { rangesWithin, showPageRanges } from '../finishing/page-ranges.js';
import { type AppliedFinishing, type JobToApply, withoutOptions } from '../deliver-job/apply-finishing.js';
import type { PrinterCapabilities } from '../queues/printer-capabilities.js';
import { A4, paperSize } from './paper-size.js';

/** How a PDF is made readable for a printer that takes none. */
export interface Conversion {
  /** The MIME type that the printer takes. */
  readonly documentFormat: string;
  /** Ghostscript's options, without files. */
  readonly options: readonly string[];
  /** How many pages have to come out. */
  readonly pages: number;
  /** How the options of the job stand when it is printed like this. */
  readonly finishing: AppliedFinishing;
}

/** A conversion as it depends on the job and its printer. */
interface Wish {
  readonly isColor: boolean;
  readonly capabilities: PrinterCapabilities;
}

interface Target {
  readonly documentFormat: string;
  /** False: pages come out grey, whatever is wanted. */
  readonly hasColor: (capabilities: PrinterCapabilities) => boolean;
  readonly options: (wish: Wish) => readonly string[];
}

const PDF = 'application/pdf';
const DPI = 300;

/** PWG 5102.4, section 4.3.3.1: the ways in which a printer wants the back of a sheet, by Ghostscript's words for them. */
const BACK_SIDES: ReadonlyMap<string, string> = new Map([['flipped', 'Flipped'], ['manual-tumble', 'ManualTumble'], ['normal', 'Normal'], ['rotated', 'Rotated'], ['DM1', 'Normal'], ['DM2', 'Flipped'], ['DM3', 'Rotated'], ['DM4', 'ManualTumble']]);

/** PWG 5102.4 has 18 and 19 for grey and colour (sGray, sRGB), CUPS' raster 3 and 1 for black-on-white ink; URF of Apple 0 and 1. */
const TARGETS: readonly Target[] = [
  {
    documentFormat: 'image/pwg-raster',
    hasColor: ({ raster }) => raster?.types.includes('srgb_8') ?? false,
    options: ({ isColor, capabilities: { raster } }) => [
      '-sDEVICE=pwgraster', '-dcupsBitsPerColor=8', `-dcupsColorSpace=${isColor ? 19 : 18}`, `-r${chosenDpi(raster?.resolutions)}`, ...backSide(raster?.sheetBack),
    ],
  },
  {
    documentFormat: 'image/urf',
    hasColor: ({ urf = [] }) => urf.includes('SRGB24'),
    options: ({ isColor, capabilities: { urf = [] } }) => [
      '-sDEVICE=urf', '-dcupsBitsPerColor=8', `-dcupsColorSpace=${isColor ? 19 : 18}`, `-r${chosenDpi(urfResolutions(urf))}`, ...backSide(urf.find((word) => BACK_SIDES.has(word))),
    ],
  },
  { documentFormat: 'application/postscript', hasColor: () => true, options: ({ isColor }) => ['-sDEVICE=ps2write', ...(isColor ? [] : ['-sColorConversionStrategy=Gray', '-dProcessColorModel=/DeviceGray'])] },
  { documentFormat: 'application/vnd.hp-PCLXL', hasColor: () => true, options: ({ isColor }) => [`-sDEVICE=${isColor ? 'pxlcolor' : 'pxlmono'}`, '-r600'] },
  // PCL 5e, which all of them have; its devices for colour are of single models.
  { documentFormat: 'application/vnd.hp-PCL', hasColor: () => false, options: () => ['-sDEVICE=ljet4d', '-r600'] },
];

/** What documents can be sent as. */
export const CONVERTED_FORMATS: readonly string[] = [PDF, ...TARGETS.map(({ documentFormat }) => documentFormat)];

/** Of a printer that said nothing. */
const UNHEARD: PrinterCapabilities = { sides: [], colorModes: [] };

/**
 * Undefined: the printer takes the document as it is, or nothing that can be made of it: then it says so itself. The first of the
 * formats that it has is taken, those with a stated picture of the page before those that printers read differently. That it looks into
 * documents itself (application/octet-stream) says nothing of PDF: nearly all do, and those that read PDF name it.
 *
 * @param wantedFormat what an administrator says that documents are sent as; empty: what the printer says it takes.
 */
export function chooseConversion(job: JobToApply & { readonly documentFormat: string }, applied: AppliedFinishing, known: PrinterCapabilities | undefined, wantedFormat: string): Conversion | undefined {
  const capabilities = known ?? UNHEARD;
  const target = job.documentFormat === PDF ? targetFor(wantedFormat === '' ? (capabilities.documentFormats ?? []) : [wantedFormat]) : undefined;
  if (!target) return undefined;
  const isColor = job.colorMode === 'color' && capabilities.color !== false && target.hasColor(capabilities);
  const ranges = rangesWithin(job.pageRanges, job.pages);
  return {
    documentFormat: target.documentFormat,
    options: [...target.options({ isColor, capabilities }), ...onPaper(applied.asked.media ?? capabilities.mediaDefault), ...bothSides(applied.asked.sides), ...(ranges.length === 0 ? [] : [`-sPageList=${showPageRanges(ranges)}`])],
    pages: ranges.length === 0 ? job.pages : ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0),
    finishing: finishedBy(job, applied, { isColor, hasRanges: ranges.length > 0 }),
  };
}

/** What documents are made for a printer that takes these formats; undefined: it takes PDF, or nothing that can be made. */
export function convertedFormat(documentFormats: readonly string[]): string | undefined {
  return targetFor(documentFormats)?.documentFormat;
}

function targetFor(documentFormats: readonly string[]): Target | undefined {
  const formats = documentFormats.map((format) => format.toLowerCase());
  return formats.includes(PDF) ? undefined : TARGETS.find(({ documentFormat }) => formats.includes(documentFormat.toLowerCase()));
}

/** Pages and greys are made here, whatever the printer can do; the rest is asked of it. */
function finishedBy(job: JobToApply, { asked, notApplied }: AppliedFinishing, made: { readonly isColor: boolean; readonly hasRanges: boolean }): AppliedFinishing {
  const isMade = (option: FinishingOption): boolean => (option === 'pageRanges' && made.hasRanges) || (option === 'colorMode' && (job.colorMode === 'color') === made.isColor);
  const missing = job.colorMode === 'color' && !made.isColor && !notApplied.includes('colorMode') ? ['colorMode' as const] : [];
  return { asked: withoutOptions(asked, ['pageRanges']), notApplied: [...notApplied.filter((option) => !isMade(option)), ...missing] };
}

/** Each page is made to fit the paper, as printers do with a PDF. */
function onPaper(media = ''): string[] {
  const { widthPt, heightPt } = paperSize(media) ?? A4;
  return ['-dFIXEDMEDIA', '-dPDFFitPage', `-dDEVICEWIDTHPOINTS=${widthPt.toFixed(2)}`, `-dDEVICEHEIGHTPOINTS=${heightPt.toFixed(2)}`];
}

function bothSides(sides: AppliedFinishing['asked']['sides'] = 'one-sided'): string[] {
  return sides === 'one-sided' ? ['-dDuplex=false'] : ['-dDuplex=true', `-dTumble=${sides === 'two-sided-short-edge'}`];
}

function backSide(word = ''): string[] {
  const known = BACK_SIDES.get(word);
  return known === undefined ? [] : [`-scupsBackSideOrientation=${known}`];
}

/** The coarsest that still looks good on paper, else the finest: finer ones make documents of many times the size. */
function chosenDpi(resolutions: readonly number[] = []): number {
  const usable = resolutions.filter((dpi) => Number.isInteger(dpi) && dpi >= 72 && dpi <= 1_200).toSorted((one, other) => one - other);
  return usable.find((dpi) => dpi >= DPI) ?? usable.at(-1) ?? DPI;
}

/** `RS300-600` in urf-supported. */
function urfResolutions(urf: readonly string[]): number[] {
  return urf.find((word) => /^RS\d/u.test(word))?.slice(2).split('-').map(Number) ?? [];
}
