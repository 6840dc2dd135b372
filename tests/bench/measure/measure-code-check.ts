import { readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { makePuk, PukHasher } from '@inkpost/print-submit/hold-job/puk.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { limits } from '../limits.js';
import { SENDER_DOMAIN } from '../make-mails/bench-mail.js';
import { benchPdf } from '../make-mails/bench-pdf.js';
import { ProcessMeter } from '../meter-processes/process-meter.js';
import type { BenchSuite } from '../run-suite/bench-suite.js';
import { within } from '../within.js';

export interface CodeCheckFigures {
  readonly heldJobs: number;
  /** A code is given -> its one document is named, over REST; in milliseconds, one value per code. */
  readonly checkMs: readonly number[];
  /** Processor time of the suite and its servers for one check: says more than the time where the machine is busy. */
  readonly cpuMsPerCheck: number;
}

const MAILBOX = 'desk@inkpost.example';
const WARM_UP_CHECKS = 200;
const ROWS_AT_ONCE = 10_000;

/** One document is mailed and held; so many others like it, each of another owner and with a code, are put beside it in the database. */
export async function measureCodeCheck(suite: BenchSuite, queueId: string, heldJobs: number, checks: number): Promise<CodeCheckFigures> {
  await suite.rest.post('/api/v0/mailboxes', { address: MAILBOX, kind: 'smtp', queueId });
  const content = benchPdf({ seed: 'desk', pages: 1, sizeBytes: 20_000 });
  await sendMail({ port: suite.smtpPort, from: `desk@${SENDER_DOMAIN}`, to: MAILBOX, attachments: [{ filename: 'desk.pdf', content }] });
  await within(limits.singleMailMs, suite.untilQueue(queueId, ({ jobsHeld }) => jobsHeld === 1), () => 'the first document was not held');
  const codes = Array.from({ length: heldJobs }, () => makePuk());
  await fillDatabase(suite, codes);
  for (let index = 0; index < WARM_UP_CHECKS; index += 1) await check(suite, codes[index]);
  const meter = new ProcessMeter(suite.groups);
  const checkMs: number[] = [];
  // Spread over all of them, so that hardly any was looked at before.
  for (let index = 0; index < checks; index += 1) checkMs.push(await check(suite, codes[Math.floor((index * heldJobs) / checks)]));
  return { heldJobs, checkMs, cpuMsPerCheck: meter.stop().cpuMs / checks };
}

/** In milliseconds. */
async function check({ rest }: BenchSuite, code: string | undefined): Promise<number> {
  const startedAt = performance.now();
  const { jobs } = await rest.post<{ readonly jobs: readonly unknown[] }>('/api/v0/release/waiting', { code });
  if (jobs.length !== 1) throw new Error(`A code opened ${jobs.length} documents in place of one`);
  return performance.now() - startedAt;
}

async function fillDatabase({ databaseOwnerUrl, secretsFolder }: BenchSuite, codes: readonly string[]): Promise<void> {
  const hasher = new PukHasher(parseMasterKey(await readFile(`${secretsFolder}/print-submit/master-key`, 'utf8')));
  const client = new Client({ connectionString: databaseOwnerUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO print_submit.job SELECT another.* FROM print_submit.job AS held, generate_series(0, $1::int - 1) AS number,
         jsonb_populate_record(held, jsonb_build_object('id', gen_random_uuid(), 'account_id', 'bench-' || number, 'owner_address', 'bench-' || number || '@example.org')) AS another`,
      [codes.length],
    );
    for (let begin = 0; begin < codes.length; begin += ROWS_AT_ONCE) {
      const hashes = codes.slice(begin, begin + ROWS_AT_ONCE).map((code) => hasher.hash(code));
      await client.query("INSERT INTO print_submit.puk (code_hash, account_id) SELECT hash, 'bench-' || $2::int + place - 1 FROM unnest($1::bytea[]) WITH ORDINALITY AS given (hash, place)", [hashes, begin]);
    }
    // As PostgreSQL does by itself within minutes.
    await client.query('ANALYZE print_submit.job, print_submit.puk');
  } finally {
    await client.end();
  }
}
