import type { RestClient } from '@inkpost/suite/rest-client.js';
import { stepsOf, tellOf } from './read-journey.js';
import type { MailedDocument } from './verdict.js';

interface UncertainJob {
  readonly jobId: string;
  readonly fileName: string;
}

/**
 * What a person does with jobs of which nobody can say whether they were printed: looks at the paper, confirms what lies there and is
 * not told of yet, and has the rest printed. Gives how many there were.
 * @param onPaper how often a SHA-256 was printed
 */
export async function answerUncertain(rest: RestClient, mailed: readonly MailedDocument[], onPaper: (sha256: string) => number): Promise<number> {
  const { jobs } = await rest.get<{ readonly jobs: readonly UncertainJob[] }>('/api/v0/jobs?jobState=processing-stopped&limit=200');
  for (const { jobId, fileName } of jobs) {
    const document = mailed.find((each) => each.fileName === fileName);
    if (!document) continue;
    const told = tellOf(await stepsOf(rest, document.journey)).get(fileName)?.printed ?? 0;
    await rest.post(`/api/v0/jobs/${jobId}/${onPaper(document.sha256) > told ? 'confirm-printed' : 'release'}`);
  }
  return jobs.length;
}
