import { z } from 'zod';
import type { ExpertSettings } from '@inkpost/contracts/admin/v1/print_pb.js';
import { orNull } from '../answer-route/fields.js';

/** WD-006, expert mode. The bounds are print-submit's, which checks them again. */
const number = (min: number, max: number, usual: string, what: string) => z.int().min(min).max(max).nullable().default(null).describe(`${what} null: ${usual}.`);

/** What an administrator may tune of how a printer is spoken to. */
export const expertSettings = z.strictObject({
  connectTimeoutSeconds: number(1, 60, '5', 'Until a connection to the printer, TLS included, must be there.'),
  answerTimeoutSeconds: number(2, 300, '30', 'From a request to the printer to its whole answer.'),
  jobPollSeconds: number(1, 60, '2', 'A job that the printer has is looked at this often at least.'),
  printerPollSeconds: number(15, 3_600, '60', 'An idle printer is asked this often how it is.'),
  patienceHours: number(1, 696, '696, 29 days', 'A released job waits this long for a printer that can\'t be used; then it is given up, and its owner told.'),
  cutsMax: number(1, 50, '8', 'Deliveries that may break off within the document; then the job is given up.'),
  documentFormat: z.string().max(100).nullable().default(null).describe('What documents are sent as, whatever the printer says it takes: application/pdf, image/pwg-raster, image/urf, application/postscript, application/vnd.hp-PCLXL or application/vnd.hp-PCL. null, or empty: what it says.'),
  followJobs: z.boolean().nullable().default(null).describe('false: what was handed over counts as printed, and the printer is not asked for it any more. null: true.'),
  documentsAtOnce: number(1, 16, 'as many as the installation allows', 'Documents that are sent to the printer side by side at most.'),
}).prefault({}).meta({ id: 'ExpertSettings', description: 'How a printer is spoken to. What a queue leaves null is as its group says, and what that leaves null is as usual.' });

export const shownExpert = z.object({
  connectTimeoutSeconds: z.int().nullable(), answerTimeoutSeconds: z.int().nullable(), jobPollSeconds: z.int().nullable(), printerPollSeconds: z.int().nullable(), patienceHours: z.int().nullable(), cutsMax: z.int().nullable(),
  documentFormat: z.string().nullable(), followJobs: z.boolean().nullable(), documentsAtOnce: z.int().nullable(),
}).meta({ id: 'ShownExpertSettings' });

export function toExpert(wire: ExpertSettings | undefined): z.input<typeof shownExpert> {
  const {
    connectTimeoutSeconds = null, answerTimeoutSeconds = null, jobPollSeconds = null, printerPollSeconds = null, patienceHours = null, cutsMax = null, documentFormat = '', followJobs = null, documentsAtOnce = null,
  } = wire ?? {};
  return { connectTimeoutSeconds, answerTimeoutSeconds, jobPollSeconds, printerPollSeconds, patienceHours, cutsMax, documentFormat: orNull(documentFormat), followJobs, documentsAtOnce };
}

/** Without what is null. */
export function fromExpert(settings: z.output<typeof expertSettings>): { [Name in keyof typeof settings]?: Exclude<(typeof settings)[Name], null> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null));
}
