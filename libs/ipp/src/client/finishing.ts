import { integer, keyword } from '../codec/attribute.js';
import type { IppAttribute } from '../codec/message.js';

/** How a job is to look on paper (RFC 8011 section 5.2, PWG 5100.13); what is left out is the printer's own default. */
export interface Finishing {
  readonly copies?: number;
  readonly sides?: 'one-sided' | 'two-sided-long-edge' | 'two-sided-short-edge';
  readonly printColorMode?: 'auto' | 'color' | 'monochrome';
  /** A PWG 5101.1 size name (`iso_a4_210x297mm`) or a name the printer lists in media-supported. */
  readonly media?: string;
  /** Pages counted from 1, both ends included, ascending and without overlap. */
  readonly pageRanges?: readonly { readonly first: number; readonly last: number }[];
}

/** The job template attributes of a request. */
export function finishingAttributes(finishing: Finishing): IppAttribute[] {
  const attributes: IppAttribute[] = [];
  if (finishing.copies !== undefined) attributes.push(integer('copies', finishing.copies));
  if (finishing.sides !== undefined) attributes.push(keyword('sides', finishing.sides));
  if (finishing.printColorMode !== undefined) attributes.push(keyword('print-color-mode', finishing.printColorMode));
  if (finishing.media !== undefined) attributes.push(keyword('media', finishing.media));
  if (finishing.pageRanges !== undefined && finishing.pageRanges.length > 0) {
    const values = finishing.pageRanges.map(({ first, last }) => ({ syntax: 'rangeOfInteger', lower: first, upper: last }) as const);
    attributes.push({ name: 'page-ranges', values });
  }
  return attributes;
}
