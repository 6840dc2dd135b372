import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';

/** Why a job waits for the server used for sending documents. */
const SENDING: ReadonlySet<string> = new Set(['server-unreachable', 'server-refuses', 'server-unset', 'location-unknown']);

type SentJob = Pick<Job, 'jobState' | 'jobStateReason' | 'problem'>;

/** What the print server made of a document, for people. Of one that is not printed, why. */
export function sentWords({ jobState, jobStateReason, problem }: SentJob): string {
  switch (jobState) {
    case 'pending-held':
      return 'Waits for its code';
    case 'pending':
      if (SENDING.has(jobStateReason)) return `Waits for the other server: ${problem || jobStateReason}`;
      return problem === '' ? 'On its way to the printer' : `Waits for its printer: ${problem}`;
    case 'processing':
      // SKY-123
      if (jobStateReason === 'sending-print-api' || SENDING.has(jobStateReason)) return `SendingPrintApi${problem === '' ? '' : `: ${problem}`}`;
      return problem === '' ? 'Printing' : `Printing: ${problem}`;
    case 'processing-stopped':
      return 'Nobody can say whether it was printed';
    case 'completed':
      return 'Printed';
    default:
      return `Not printed: ${jobStateReason === 'expired' ? 'its code was not given in time.' : problem || jobStateReason}`;
  }
}
