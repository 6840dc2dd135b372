import { z } from 'zod';

const PROVENANCES = ['local', 'shared', 'received'] as const;

/** Where an object of the configuration comes from (DOM-037, DOM-038). */
export const provenance = z.enum(PROVENANCES)
  .describe('local: of this server alone; shared: of this server, the master of its domain, and of its slaves; received: of the master, where alone it can be changed.');

export function toProvenance(text: string): z.input<typeof provenance> {
  return PROVENANCES.find((each) => each === text) ?? 'local';
}
