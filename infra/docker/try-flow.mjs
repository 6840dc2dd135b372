// The inner half of try-compose.sh, run inside the demo's container (its text comes by standard input):
//   begin                 what is printed already doesn't count
//   send COUNT TAG        mails COUNT different documents, each again until it is taken, as a mail server does
//   release COUNT         waits until COUNT jobs are held, and releases each
//   check                 waits until as many are printed as were sent, a moment longer, and compares them by SHA-256
//   state                 what an administrator sees: queues and the number of jobs by state, as a line of JSON
//   compare BEFORE AFTER  two such lines; the demo may have printed one job in between

import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { RestClient } from '@inkpost/suite/rest-client.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';

const SENT = '/tmp/sent';
const EARLIER = '/tmp/printed-earlier';
const DEADLINE_MS = 120_000;
const [command, ...args] = process.argv.slice(2);

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const lines = (file) => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : []);
const printed = () => globSync('/tmp/printed-*/*.pdf').map((file) => sha256(readFileSync(file)));

async function until(title, condition) {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const result = await condition().catch((error) => ({ error }));
    if (result === true) return;
    if (Date.now() > deadline) throw new Error(`${title}: not within ${DEADLINE_MS / 1000} s (${result?.error?.message ?? 'no'})`);
    await pause(200);
  }
}

async function signedIn() {
  const rest = new RestClient('https://gateway:5780');
  await until('sign in', () => rest.signIn('maintenance', process.env.INKPOST_MAINTENANCE_PASSWORD || 'Demo-Passw0rd').then(() => true));
  return rest;
}

async function send(count, tag) {
  for (let index = 1; index <= count; index += 1) {
    const content = samplePdf({ text: `${tag}, document ${index}`, sizeBytes: 20_000 });
    const envelope = { from: `user${index % 5}@example.org`, to: 'print@inkpost.test' };
    const { raw } = await composeMail({ ...envelope, subject: `${tag} ${index}`, attachments: [{ filename: `${tag}-${index}.pdf`, content }] });
    await until(`mail ${index}`, () => sendMail({ host: 'mail-ingest', port: 2525, ...envelope, raw }).then(() => true));
    appendFileSync(SENT, `${sha256(content)}\n`);
  }
}

async function heldJobs(rest) {
  const { jobs } = await rest.get('/api/v0/jobs?jobState=pending-held&limit=100');
  return jobs;
}

async function release(count) {
  const rest = await signedIn();
  await until(`${count} jobs held`, async () => (await heldJobs(rest)).length >= count);
  for (const { jobId } of await heldJobs(rest)) {
    // The answer may be lost with a killed service: what is released already then says so (409).
    await until(`release of ${jobId}`, () => rest.post(`/api/v0/jobs/${jobId}/release`).then(() => true, (error) => error.status === 409 || Promise.reject(error)));
  }
}

async function check() {
  const sent = lines(SENT);
  const earlier = new Set(lines(EARLIER));
  const fresh = () => printed().filter((hash) => !earlier.has(hash));
  await until('all printed', async () => new Set(fresh()).size >= sent.length).catch(() => undefined);
  // A second print would come a moment later: the relay's pause is 5 s at first.
  await pause(8_000);
  const prints = fresh();
  const lost = sent.filter((hash) => !prints.includes(hash)).length;
  const doubled = prints.length - new Set(prints).size;
  const foreign = prints.filter((hash) => !sent.includes(hash)).length;
  process.stdout.write(`sent ${sent.length}, printed ${prints.length}: lost ${lost}, doubled ${doubled}, foreign ${foreign}\n`);
  if (lost + doubled + foreign > 0) process.exitCode = 1;
}

async function state() {
  const rest = await signedIn();
  const { queues } = await rest.get('/api/v0/queues');
  const counts = {};
  for (let cursor = ''; cursor !== null; ) {
    const page = await rest.get(`/api/v0/jobs?limit=100${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const { jobState } of page.jobs) counts[jobState] = (counts[jobState] ?? 0) + 1;
    cursor = page.nextCursor;
  }
  process.stdout.write(`${JSON.stringify({ queues: queues.map(({ queueId }) => queueId), jobs: counts })}\n`);
}

function compare(before, after) {
  const sameQueues = String(before.queues) === String(after.queues);
  if (!sameQueues || after.jobs.completed !== before.jobs.completed + 1 || after.jobs['pending-held'] !== before.jobs['pending-held']) process.exitCode = 1;
}

const commands = { begin: async () => writeFileSync(EARLIER, printed().join('\n')), send: () => send(Number(args[0]), args[1]), release: () => release(Number(args[0])), check, state, compare: () => compare(...args.map((text) => JSON.parse(text))) };
await commands[command]();
