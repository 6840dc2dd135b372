import type { Job } from '@inkpost/contracts/admin/v1/print_pb.js';

type SentJob = Pick<Job, 'jobState' | 'jobStateReason' | 'problem'>;

/** What the print server made of a document, for people. Of one that is not printed, why. What another server has not answered is pending, and not here. */
export function sentWords({ jobState, jobStateReason, problem }: SentJob): string {
  switch (jobState) {
    case 'pending-held':
      return 'Waits for its code';
    case 'pending':
      return problem === '' ? 'On its way to the printer' : `Waits for its printer: ${problem}`;
    case 'processing':
      return problem === '' ? 'Printing' : `Printing: ${problem}`;
    case 'processing-stopped':
      return 'Nobody can say whether it was printed';
    case 'completed':
      return 'Printed';
    default:
      return `Not printed: ${jobStateReason === 'expired' ? 'its code was not given in time.' : problem || jobStateReason}`;
  }
}
