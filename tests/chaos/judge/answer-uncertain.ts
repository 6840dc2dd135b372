import type { RestClient } from '@inkpost/suite/rest-client.js';
import type { MailedDocument } from './verdict.js';

interface UncertainJob {
  readonly jobId: string;
  readonly fileName: string;
}

/**
 * What a person does with jobs of which nobody can say whether they were printed: looks at the paper, confirms what lies there, and
 * has the rest printed. Gives how many there were.
 */
export async function answerUncertain(rest: RestClient, mailed: readonly MailedDocument[], printed: ReadonlySet<string>): Promise<number> {
  const { jobs } = await rest.get<{ readonly jobs: readonly UncertainJob[] }>('/api/v0/jobs?jobState=processing-stopped&limit=200');
  for (const { jobId, fileName } of jobs) {
    const sha256 = mailed.find((document) => document.fileName === fileName)?.sha256 ?? '';
    await rest.post(`/api/v0/jobs/${jobId}/${printed.has(sha256) ? 'confirm-printed' : 'release'}`);
  }
  return jobs.length;
}
