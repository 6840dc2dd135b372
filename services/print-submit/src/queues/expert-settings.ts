import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ExpertSettings as WireSettings, ExpertSettingsSchema } from '@inkpost/contracts/admin/v1/print_pb.js';
import { CONVERTED_FORMATS } from '../convert-document/choose-conversion.js';
import { deliveryLimits, expertLimits, printLimits, watchLimits } from '../limits.js';

/** How a printer is spoken to (WD-006, expert mode). */
export interface ExpertSettings {
  /** Until a connection, TLS included, must be there; and from a request to its answer. */
  readonly connectTimeoutSeconds: number;
  readonly answerTimeoutSeconds: number;
  /** A job that the printer has is looked at this often at least. */
  readonly jobPollSeconds: number;
  /** An idle printer is asked this often how it is. */
  readonly printerPollSeconds: number;
  /** A released job waits this long for a printer that can't be used. */
  readonly patienceHours: number;
  /** Deliveries that may break off within the document before the job is given up. */
  readonly cutsMax: number;
  /** Documents are sent as this MIME type, whatever the printer says; empty: as it says. */
  readonly documentFormat: string;
  /** False: what was handed over counts as printed. */
  readonly followJobs: boolean;
  /** Sent side by side at most, as far as the installation allows. */
  readonly documentsAtOnce: number;
}

/** What was set of them. */
export type OwnExpertSettings = Partial<ExpertSettings>;

export const EXPERT_DEFAULTS: ExpertSettings = {
  connectTimeoutSeconds: deliveryLimits.connectTimeoutMs / 1_000, answerTimeoutSeconds: expertLimits.answerTimeoutSecondsDefault, jobPollSeconds: deliveryLimits.followMsMax / 1_000,
  printerPollSeconds: watchLimits.askEverySeconds, patienceHours: printLimits.releasedDaysMax * 24, cutsMax: printLimits.cutsMax, documentFormat: '', followJobs: true, documentsAtOnce: expertLimits.documentsAtOnce.max,
};

/** In SQL, what was set for queue `q` of group `g`: the queue's own, and its group's where it says nothing. Of a queue without a group: LEFT JOIN. */
export const SET_FOR_QUEUE = `(coalesce(g.expert, '{}') || q.expert)`;

const NUMBERS = ['connectTimeoutSeconds', 'answerTimeoutSeconds', 'jobPollSeconds', 'printerPollSeconds', 'patienceHours', 'cutsMax', 'documentsAtOnce'] as const;

/** With the usual where nothing is set. */
export function expertSettings(own: OwnExpertSettings): ExpertSettings {
  return { ...EXPERT_DEFAULTS, ...own };
}

/** What is set of them, or the first problem. */
export function checkExpert(wire: WireSettings | undefined): OwnExpertSettings | { readonly field: string; readonly reason: string } {
  if (!wire) return {};
  for (const name of NUMBERS) {
    const value = wire[name];
    const { min, max } = expertLimits[name];
    if (value !== undefined && (value < min || value > max)) return { field: `expert.${name}`, reason: `must be from ${min} to ${max}` };
  }
  const { documentFormat, followJobs } = wire;
  if (documentFormat !== undefined && documentFormat !== '' && !CONVERTED_FORMATS.includes(documentFormat)) return { field: 'expert.documentFormat', reason: `must be one of ${CONVERTED_FORMATS.join(', ')}, or empty` };
  const numbers = Object.fromEntries(NUMBERS.flatMap((name) => (wire[name] === undefined ? [] : [[name, wire[name]]])));
  return { ...numbers, ...(documentFormat === undefined ? {} : { documentFormat }), ...(followJobs === undefined ? {} : { followJobs }) };
}

export function wireExpert(own: OwnExpertSettings): MessageInitShape<typeof ExpertSettingsSchema> {
  return { ...own };
}
