import { z } from 'zod';
import type { Capabilities } from '@inkpost/contracts/admin/v1/print_pb.js';
import { orNull } from '../answer-route/fields.js';

/** What a printer says it can do. */
export const capabilities = z.object({
  makeAndModel: z.string().nullable(),
  documentFormats: z.array(z.string()).describe('MIME types.'),
  sides: z.array(z.string()).describe('IPP sides.'),
  colorModes: z.array(z.string()).describe('IPP print-color-mode.'),
  color: z.boolean().nullable(),
  media: z.array(z.string()).describe('PWG names, such as iso_a4_210x297mm.'),
  copiesMax: z.int().nullable(),
  pageRanges: z.boolean().nullable(),
}).meta({ id: 'PrinterCapabilities' });

export function toCapabilities({ makeAndModel, documentFormats, sides, colorModes, color, media, copiesMax, pageRanges }: Capabilities): z.input<typeof capabilities> {
  return { makeAndModel: orNull(makeAndModel), documentFormats, sides, colorModes, color: color ?? null, media, copiesMax: copiesMax || null, pageRanges: pageRanges ?? null };
}
