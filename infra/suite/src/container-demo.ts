import { mkdtemp, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { text, wholeNumber } from '@inkpost/config/variables.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { startMailSink } from '@inkpost/testkit/mail-sink.js';
import { printOneMail } from './demo/print-one-mail.js';
import { DEMO, setUpInkpost } from './demo/set-up-inkpost.js';
import { showMails } from './demo/show-mails.js';
import { ProblemError, RestClient } from './rest-client.js';

// The demo beside a suite in containers (compose profile "demo"): the world around Inkpost, that is a mail server which shows the
// mails it is given, and a virtual printer; and the main job once. It stays up for more.

const demoConfig = {
  restUrl: text('INKPOST_DEMO_REST_URL', 'The gateway\'s REST door.', 'https://gateway:5780'),
  smtpHost: text('INKPOST_DEMO_SMTP_HOST', 'Where mail-ingest takes mail by SMTP.', 'mail-ingest'),
  smtpPort: wholeNumber('INKPOST_DEMO_SMTP_PORT', 'Its port.', 2525, { min: 1, max: 65_535 }),
  password: text('INKPOST_MAINTENANCE_PASSWORD', 'Of the maintenance account; without it the demo gives it one.', DEMO.password),
};

/** Its health check looks for this. */
const DONE_FILE = join(tmpdir(), 'main-job-done');
const SINK_PORT = 2626;
const PRINTER_PORT = 6310;
const FIRST_PASSWORD = 'changeme';

const show = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

/** Signs in; an account that nobody has used yet is given the demo's password. */
async function signIn(rest: RestClient, password: string): Promise<void> {
  try {
    await rest.signIn('maintenance', password);
  } catch (error) {
    if (!(error instanceof ProblemError && error.status === 401)) throw error;
    await rest.signIn('maintenance', FIRST_PASSWORD);
    await rest.put('/api/v0/password', { currentPassword: FIRST_PASSWORD, newPassword: password });
    await rest.signIn('maintenance', password);
  }
}

/** The demo changes who may print and how mail goes out: never on an installation that somebody uses. */
async function refuseForeignInstallation(rest: RestClient): Promise<void> {
  const { queues } = await rest.get<{ queues: readonly { readonly queueId: string }[] }>('/api/v0/queues');
  const foreign = queues.filter(({ queueId }) => queueId !== DEMO.queue);
  if (foreign.length > 0) throw new Error(`This installation is in use (queue "${foreign[0]?.queueId}"): the demo would change its settings.`);
}

async function main(): Promise<void> {
  const [config] = readConfigs([demoConfig], processEnvironment());
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve());
  const host = hostname();
  const sink = await startMailSink(SINK_PORT, host);
  const printer = await VirtualPrinter.start({
    host, port: PRINTER_PORT, outputFolder: await mkdtemp(join(tmpdir(), 'printed-')),
    onPrinted: ({ jobName, sizeBytes, sha256 }) => show(`▤ Printed ${jobName}: ${sizeBytes} bytes, sha256 ${sha256}`),
  });
  const rest = new RestClient(config.restUrl);
  await signIn(rest, config.password);
  await refuseForeignInstallation(rest);
  await setUpInkpost(rest, { printerUri: printer.uri, sinkHost: host, sinkPort: sink.port });
  void showMails(sink, show);
  const outcome = await printOneMail({ rest, smtpHost: config.smtpHost, smtpPort: config.smtpPort, sink, printer, show });
  if (!outcome.ok) throw new Error(`Sent ${outcome.sentSha256}, printed ${outcome.printedSha256 || 'nothing'}.`);
  show(`✓ Printed byte for byte: mail to held ${outcome.mailToHeldMs} ms, release to printed ${outcome.releaseToPrintedMs} ms`);
  show(`Mail a PDF to ${DEMO.mailbox} from any address @${DEMO.domain}: its code and its print are shown here.`);
  await writeFile(DONE_FILE, '');
  await stopped.promise;
  await Promise.all([printer.stop(), sink.stop()]);
}

await main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
