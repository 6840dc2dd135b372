import type { JsonValue } from '@bufbuild/protobuf';
import type { Finishing } from './finishing.js';

/** How a document is to look, for its journey; what is left at the usual (one copy, all pages, the printer's paper) is not worth a word. */
export function optionsEvidence({ colorMode, sides, copies, media, pageRanges }: Finishing): Record<string, JsonValue> {
  return { colorMode, sides, ...(copies === 1 ? {} : { copies }), ...(media === '' ? {} : { media }), ...(pageRanges === '' ? {} : { pageRanges }) };
}
