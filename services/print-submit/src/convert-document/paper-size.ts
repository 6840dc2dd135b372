/** In points, 1/72 inch. */
export interface PaperSize {
  readonly widthPt: number;
  readonly heightPt: number;
}

export const A4: PaperSize = { widthPt: 595.28, heightPt: 841.89 };

const PWG_NAME = /_(\d+(?:\.\d+)?)x(\d+(?:\.\d+)?)(mm|in)$/u;
const PT_PER_UNIT = { mm: 72 / 25.4, in: 72 } as const;
/** Nobody's printer takes paper beyond this; 5.08 m. */
const SIDE_PT_MAX = 14_400;

/** The size that a PWG self-describing name ends with (PWG 5101.1, section 5): `iso_a4_210x297mm`. Undefined: it says none. */
export function paperSize(name: string): PaperSize | undefined {
  const [, width, height, unit] = PWG_NAME.exec(name) ?? [];
  if (unit !== 'mm' && unit !== 'in') return undefined;
  const [widthPt, heightPt] = [Number(width) * PT_PER_UNIT[unit], Number(height) * PT_PER_UNIT[unit]];
  return [widthPt, heightPt].every((side) => side > 0 && side <= SIDE_PT_MAX) ? { widthPt, heightPt } : undefined;
}
