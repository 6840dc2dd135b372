import { expect, it } from 'vitest';
import { sentWords } from './sent-words.js';

it.each([
  ['pending-held', 'job-hold-until-specified', '', 'Waits for its code'],
  ['pending', 'none', '', 'On its way to the printer'],
  ['pending', 'printer-unreachable', 'It is off.', 'Waits for its printer: It is off.'],
  ['processing', 'job-printing', '', 'Printing'],
  ['processing-stopped', 'uncertain', 'It cannot say.', 'Nobody can say whether it was printed'],
  ['completed', 'job-completed-successfully', '', 'Printed'],
  ['canceled', 'expired', '', 'Not printed: its code was not given in time.'],
  ['canceled', 'job-canceled-by-operator', 'An administrator canceled the job.', 'Not printed: An administrator canceled the job.'],
  ['aborted', 'document-lost', '', 'Not printed: document-lost'],
])('a job that is %s (%s, %j): %s', (jobState, jobStateReason, problem, words) => {
  expect(sentWords({ jobState, jobStateReason, problem })).toBe(words);
});
