import type { PrinterStatus } from '@inkpost/ipp/client/printer-status.js';
import { COLOR_MODES, SIDES } from '../finishing/finishing.js';

/** What a printer says it can do, as far as jobs ask for it. A list is empty where the printer does not know the option. */
export interface PrinterCapabilities {
  readonly sides: readonly string[];
  readonly colorModes: readonly string[];
  /** Absent: it does not say. */
  readonly color?: boolean;
}

/** What to ask Get-Printer-Attributes for. */
export const CAPABILITY_ATTRIBUTES = ['sides-supported', 'print-color-mode-supported', 'color-supported'] as const;

/** Only what we know is kept: a printer may list thousands of words. */
export function readCapabilities({ sidesSupported, printColorModeSupported, colorSupported }: Pick<PrinterStatus, 'sidesSupported' | 'printColorModeSupported' | 'colorSupported'>): PrinterCapabilities {
  const sides = SIDES.filter((each) => sidesSupported.includes(each));
  const colorModes = COLOR_MODES.filter((each) => printColorModeSupported.includes(each));
  return { sides, colorModes, ...(colorSupported === undefined ? {} : { color: colorSupported }) };
}
