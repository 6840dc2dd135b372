import type { Caller } from '@inkpost/service/rights.js';
import { Problem } from '../answer-route/problem.js';
import { as, type Owners } from '../call-owner/owners.js';
import { definedOnly, type PrintJob } from './print-job.schema.js';

/** The queue that a document is for, by its identifier or by its place; print-submit decides, and looks at the options too. Throws a Problem where there is none, or more than one. */
export async function chooseQueue({ printApi }: Pick<Owners, 'printApi'>, { target, options }: Pick<PrintJob, 'target' | 'options'>, caller: Caller): Promise<string> {
  const wanted = 'queueId' in target ? { case: 'queueId' as const, value: target.queueId } : { case: 'location' as const, value: target.location };
  const { outcome, queueId, queueIds } = await printApi.chooseQueue({ target: wanted, options: definedOnly(options) }, as(caller));
  switch (outcome) {
    case 'found':
      return queueId;
    case 'queue-unknown':
      throw new Problem('queue-unknown', `There is no queue "${wanted.value}" here.`, { errors: [{ field: 'target.queueId', reason: 'is unknown' }] });
    case 'location-ambiguous':
      throw new Problem('location-ambiguous', `Several queues stand at "${wanted.value}": name one of them, such as ${queueIds.join(', ')}.`, { errors: [{ field: 'target.location', reason: 'has several queues' }] });
    case 'location-empty':
      throw new Problem('location-unknown', `No queue stands at "${wanted.value}".`, { errors: [{ field: 'target.location', reason: 'has no queue' }] });
    default:
      throw new Problem('location-unknown', `Unknown location "${wanted.value}".`, { errors: [{ field: 'target.location', reason: 'is unknown' }] });
  }
}
