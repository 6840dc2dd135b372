import { type DovecotServer, startDovecot } from '@inkpost/testkit/dovecot-server.js';
import type { EndedProcess } from '@inkpost/suite/start-suite.js';
import { ServerMissing } from '@inkpost/testkit/server-missing.js';
import { type BareInstallation, startInstallation } from '../../installation/start-installation.js';
import { StepGate } from '../strike/step-gate.js';
import { ChaosPrinters } from './chaos-printers.js';
import { PrintProgram } from './print-program.js';
import { ownAddress, QUEUES, watchedAddress } from './queues.js';

const PASSWORD = 'Chaos-Passw0rd';
export const SENDER_DOMAIN = 'example.org';

/** All that takes part: the installation in processes, its servers, its printers, and a mail server whose mailboxes it watches. */
export interface ChaosPlace extends BareInstallation {
  readonly printers: ChaosPrinters;
  /** Absent where Dovecot is not installed. */
  readonly mailboxes: DovecotServer | undefined;
  readonly program: PrintProgram;
  readonly steps: StepGate;
  /** Services that ended though nothing had struck them, in this order. Each was started again at once, as Docker does it. */
  readonly ended: readonly EndedProcess[];
}

/** Ready when this resolves. Whatever fails, nothing is left running. */
export async function startChaosPlace(): Promise<ChaosPlace> {
  const removals: (() => Promise<unknown>)[] = [];
  const remove = async (): Promise<void> => {
    for (const each of removals.splice(0).toReversed()) await each();
  };
  try {
    const mailboxes = await startMailboxes();
    if (mailboxes) removals.push(() => mailboxes.remove());
    const ended: EndedProcess[] = [];
    const bare = await startInstallation({ topology: 'processes', password: PASSWORD, onStartedAgain: (process) => ended.push(process) });
    removals.push(() => bare.remove());
    const printers = await ChaosPrinters.start(`${bare.folder}/printed`);
    removals.push(() => printers.stop());
    const steps = new StepGate(bare.databaseOwnerUrl);
    await steps.build();
    const place = { ...bare, printers, mailboxes, steps, ended, remove };
    await setUp(place);
    return { ...place, program: await PrintProgram.signUp(bare) };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function startMailboxes(): Promise<DovecotServer | undefined> {
  // Dovecot drops its rights by itself, and must have some to drop.
  if (process.getuid?.() !== 0) return undefined;
  const users = QUEUES.map((queue) => ({ address: watchedAddress(queue), password: PASSWORD }));
  return startDovecot({ users }).catch((error: unknown) => {
    if (error instanceof ServerMissing) return undefined;
    throw error;
  });
}

async function setUp({ rest, sink, printers, mailboxes }: Omit<ChaosPlace, 'program'>): Promise<void> {
  await rest.signIn('maintenance', PASSWORD);
  await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: 'print@inkpost.test', fromName: 'Inkpost' });
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: [SENDER_DOMAIN], unknownSender: 'create' });
  for (const queueId of QUEUES) {
    await rest.post('/api/v0/queues', { queueId, name: queueId, printerUri: printers.uriOf(queueId), validation: queueId === 'held', keepHours: queueId === 'kept' ? 1 : 0 });
    await rest.post('/api/v0/mailboxes', { address: ownAddress(queueId), kind: 'smtp', queueId });
    if (!mailboxes) continue;
    const imap = { host: '127.0.0.1', port: mailboxes.imapPort, tls: 'none', password: PASSWORD };
    await rest.post('/api/v0/mailboxes', { address: watchedAddress(queueId), kind: 'imap', queueId, afterProcessing: 'flag', imap });
  }
}
