import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { processEnvironment } from '@inkpost/config/environment.js';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { Steps } from '@inkpost/local/steps.mjs';
import { freePort, preferredPort } from '@inkpost/testkit/free-port.js';
import { startMailSink } from '@inkpost/testkit/mail-sink.js';
import { CONTROL_PORTS } from '@inkpost/service/service-variables.js';
import { type DemoOutcome, printOneMail } from './demo/print-one-mail.js';
import { DEMO, setUpInkpost } from './demo/set-up-inkpost.js';
import { showMails } from './demo/show-mails.js';
import { startStack } from './embedded-stack.js';
import { RestClient } from './rest-client.js';
import { passedOn, suiteEnvironment } from './suite-environment.js';
import { startSuite, type Topology } from './start-suite.js';

const USAGE = `npm run demo                    brings everything up, prints one mail, and stays up
npm run demo -- --once          ends after the first print; exit code 0 only if the printed bytes are the sent ones
npm run demo -- --once --json   ends with one line of JSON on standard output
npm run demo -- --topology processes   one process per service instead of one for all`;

interface DemoArguments {
  readonly once: boolean;
  readonly json: boolean;
  readonly topology: Topology;
}

function readArguments(): DemoArguments {
  const { values } = parseArgs({ options: { once: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, topology: { type: 'string', default: 'all' } } });
  if (values.topology !== 'all' && values.topology !== 'processes') throw new Error('--topology is all or processes');
  return { once: values.once, json: values.json, topology: values.topology };
}

/** The usual ports where the demo stays up and they are free, else any. */
async function demoPorts(once: boolean) {
  const pick = async (usual: number) => (once ? freePort() : preferredPort(usual));
  const services = await Promise.all(Object.keys(CONTROL_PORTS).map(async (service) => [service, await freePort()] as const));
  return { http: await pick(5780), dsp: await pick(5753), wsc: await pick(5756), smtp: await pick(2525), lmtp: await pick(2424), ...Object.fromEntries(services) };
}

async function main({ once, json, topology }: DemoArguments): Promise<number> {
  const steps = new Steps(json ? process.stderr : process.stdout);
  const folder = await mkdtemp(join(tmpdir(), 'inkpost-demo-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true, force: true })];
  const interrupted = Promise.withResolvers<'interrupted'>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.resolve('interrupted'));
  try {
    const stack = await startStack({ folder, runStep: (title, act) => steps.run(title, () => act()) });
    stops.push(() => stack.stop());
    const ports = await demoPorts(once);
    const environment = { ...passedOn(processEnvironment()), ...suiteEnvironment({ databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, folder, ports }), INKPOST_MAINTENANCE_PASSWORD: DEMO.password };
    const sink = await steps.run('Mail sink', () => startMailSink());
    const printer = await steps.run('Virtual IPP printer', () => VirtualPrinter.start({ outputFolder: join(folder, 'printed'), name: 'Demo printer' }));
    stops.push(() => printer.stop(), () => sink.stop());
    const suite = await startSuite({ topology, environment, logFile: join(folder, 'inkpost.log') });
    stops.push(() => suite.stop());
    await steps.run(topology === 'all' ? 'Inkpost, all services in one process' : 'Inkpost, one process per service', () => suite.waitUntilReady());
    const rest = new RestClient(`http://127.0.0.1:${ports.http}`);
    await steps.run('A queue, a mailbox, who may print', async () => {
      await rest.signIn('maintenance', DEMO.password);
      await setUpInkpost(rest, { printerUri: printer.uri, sinkPort: sink.port });
    });
    steps.line('');
    const outcome = await Promise.race([printOneMail({ rest, smtpPort: ports.smtp, sink, printer, show: (line) => steps.line(line) }), suite.failed]);
    report(steps, outcome);
    if (json) process.stdout.write(`${JSON.stringify(outcome)}\n`);
    if (!once) {
      void showMails(sink, (line) => steps.line(line), sink.mails.length);
      describePlaces(steps, { ports, printerUri: printer.uri, sinkPort: sink.port, folder });
      await Promise.race([interrupted.promise, suite.failed]);
    }
    return outcome.ok ? 0 : 1;
  } finally {
    await steps.run('Stopping', async () => {
      for (const stop of stops.toReversed()) await stop();
    });
  }
}

function report(steps: Steps, outcome: DemoOutcome): void {
  steps.line('');
  steps.line(outcome.ok ? `✓ Printed byte for byte: sha256 ${outcome.printedSha256}` : `✗ Sent ${outcome.sentSha256}, printed ${outcome.printedSha256 || 'nothing'}`);
  steps.line(`  Mail to held ${outcome.mailToHeldMs} ms, release to printed ${outcome.releaseToPrintedMs} ms, all after ${steps.elapsed()}`);
}

function describePlaces(steps: Steps, places: { readonly ports: { http: number; smtp: number }; readonly printerUri: string; readonly sinkPort: number; readonly folder: string }): void {
  const { ports, printerUri, sinkPort, folder } = places;
  steps.line('');
  steps.line(`  REST, with docs    http://127.0.0.1:${ports.http}/api/v0/docs`);
  steps.line(`  Sign-in            maintenance / ${DEMO.password}`);
  steps.line(`  Mail a PDF to      ${DEMO.mailbox} by SMTP on 127.0.0.1:${ports.smtp}, from any address @${DEMO.domain}`);
  steps.line(`  Mails sent         arrive at the sink on 127.0.0.1:${sinkPort} and are shown here`);
  steps.line(`  Printer            ${printerUri}, its prints in ${join(folder, 'printed')}`);
  steps.line(`  Log                ${join(folder, 'inkpost.log')}`);
  steps.line('  Ctrl-C stops everything and removes the demo\'s data.');
}

if (process.argv.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  process.exitCode = await main(readArguments()).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  });
}
