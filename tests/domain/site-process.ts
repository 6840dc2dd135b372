import { connect } from 'node:net';
import { join } from 'node:path';
import { Client } from 'pg';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import { ProblemError } from '@inkpost/suite/rest-client.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { type BareInstallation, startInstallation } from '../installation/start-installation.js';
import { DSP_PORT, PRINTER_URI, type RestAnswer, SITE_PASSWORD, type SiteAnswer, type SiteCommand, type SiteMessage } from './site-conversation.js';

// Runs in the network namespace of one site, and starts a whole Inkpost there with its own PostgreSQL, Redis and printer. Ends with the test that started it.

interface StartedSite extends BareInstallation {
  readonly printer: VirtualPrinter;
}

let site: StartedSite | undefined;
/** What was killed and is not started again. */
let down: 'nothing' | 'suite' | 'everything' = 'nothing';
/** Of the start that is under way: who ends meanwhile ends it too. */
let starting: Promise<unknown> = Promise.resolve();

function running(): StartedSite {
  if (!site) throw new Error('The site is not started.');
  return site;
}

async function start(address: string): Promise<void> {
  const installation = await startInstallation({ topology: 'all', password: SITE_PASSWORD, environment: async () => ({ INKPOST_DSP_LISTEN: `${address}:${DSP_PORT}` }) });
  const { rest, sink, folder } = installation;
  try {
    site = { ...installation, printer: await VirtualPrinter.start({ outputFolder: join(folder, 'printed'), port: Number(new URL(PRINTER_URI).port) }) };
  } catch (error) {
    await installation.remove();
    throw error;
  }
  await rest.signIn('maintenance', SITE_PASSWORD);
  await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Inkpost' });
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: ['example.org'], refusedAddresses: [], unknownSender: 'create' });
}

async function rest({ method, path, body }: SiteCommand & { readonly act: 'rest' }): Promise<RestAnswer> {
  const client = running().rest;
  const calls = { GET: () => client.get(path), POST: () => client.post(path, body), PUT: () => client.put(path, body), DELETE: () => client.delete(path) };
  try {
    return { status: 200, body: (await calls[method]()) ?? null };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { status: error.status, body: error.problem };
  }
}

async function query(sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: running().databaseOwnerUrl });
  await client.connect();
  try {
    return (await client.query<object>(sql)).rows;
  } finally {
    await client.end();
  }
}

function reach(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host: address, port, timeout: 1_000 }, () => resolve(true));
  socket.once('error', () => resolve(false));
  socket.once('timeout', () => resolve(false));
  return promise.finally(() => socket.destroy());
}

async function mail(to: string, count: number): Promise<void> {
  const { ports } = running();
  const content = samplePdf({ text: 'A document' });
  for (let sent = 0; sent < count; sent += 1) await sendMail({ port: ports.smtp, from: 'ada@example.org', to, attachments: [{ filename: `document-${sent}.pdf`, content }] });
}

async function kill(what: 'suite' | 'everything'): Promise<void> {
  const { suite, postgres, redis } = running();
  down = what;
  await Promise.all([...suite.processes, ...(what === 'everything' ? [postgres, redis] : [])].map((process) => process.kill()));
}

async function restart(): Promise<void> {
  const { postgres, redis, suite } = running();
  if (down === 'everything') await Promise.all([postgres.start(), redis.start()]);
  for (const process of suite.processes) await process.restart();
  await suite.waitUntilReady();
  down = 'nothing';
}

const ACTS: { readonly [Act in SiteCommand['act']]: (command: SiteCommand & { readonly act: Act }) => Promise<unknown> } = {
  start: ({ address }) => {
    const begun = start(address);
    starting = begun.catch(() => undefined);
    return begun;
  },
  rest,
  query: ({ sql }) => query(sql),
  reach: ({ address, port }) => reach(address, port),
  mail: ({ to, count }) => mail(to, count),
  printed: async () => running().printer.printed.length,
  kill: ({ what }) => kill(what),
  restart,
  stop: () => end(),
};

let ending: Promise<void> | undefined;

/** Once, whoever asks for it: the test, or its end. */
function end(): Promise<void> {
  ending ??= (async () => {
    // A start leaves nothing behind only when it is over.
    await starting;
    await site?.printer.stop();
    await site?.remove();
  })();
  return ending;
}

process.on('message', ({ id, command }: SiteMessage) => {
  // Where the test is gone nobody wants to know.
  const say = (answer: SiteAnswer): unknown => process.connected && process.send?.(answer);
  (ACTS[command.act] as (command: SiteCommand) => Promise<unknown>)(command).then((result) => say({ id, result: result ?? null }), (error: unknown) => say({ id, problem: error instanceof Error ? error.message : String(error) }));
});
process.on('disconnect', () => void end().finally(() => process.exit(0)));
