import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect } from 'vitest';
import { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import type { RestClient } from '@inkpost/suite/rest-client.js';
import type { Topology } from '@inkpost/suite/start-suite.js';
import type { MailSink } from '@inkpost/testkit/mail-sink.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, type MailToSend, sendMail } from '@inkpost/testkit/send-mail.js';
import { type BareInstallation, type InstallationOptions, startInstallation } from '../installation/start-installation.js';

export const MAILBOX = 'print@inkpost.test';
/** A queue with validation, and one that prints at once. */
export const HELD_QUEUE = 'lobby';
export const DIRECT_QUEUE = 'direct';
export const DIRECT_MAILBOX = 'direct@inkpost.test';
export const PASSWORD = 'Test-Passw0rd';

export interface Step {
  readonly at: string;
  readonly service: string;
  readonly step: string;
  readonly detail: string;
  readonly documentId?: string;
  readonly evidence: Readonly<Record<string, unknown>>;
}

export interface JourneyMessage {
  readonly messageId: string;
  readonly sender: string;
  readonly subject: string;
  readonly internetMessageId: string;
  readonly traceId: string;
  readonly answer: string;
  readonly steps: readonly Step[];
}

/** A whole Inkpost of one test file's own, with real servers around it, used only through its outward doors. */
export interface Installation extends BareInstallation {
  readonly printer: VirtualPrinter;
  /** Mails a PDF; gives its Message-ID and SHA-256. `untilTaken`: sends the same bytes again until the intake says 250, as a mail server does. */
  mailPdf(options?: { readonly from?: string; readonly to?: string; readonly text?: string; readonly untilTaken?: boolean }): Promise<{ readonly messageId: string; readonly sha256: string }>;
  mail(mail: Omit<MailToSend, 'port'>): Promise<string>;
  /** The journey of a mail, once it has the step. */
  journeyWith(messageId: string, step: string, timeoutMs?: number): Promise<JourneyMessage>;
  /** The code that was mailed for a mail to this address, newest first. */
  codeFor(address: string, timeoutMs?: number): Promise<string>;
}

export const CODE = /\b([2-9A-HJ-NP-Z]{4}-?[2-9A-HJ-NP-Z]{4})\b/;

/** `environment`: more of it, once the ports of the outward doors are known. */
export async function install(topology: Topology, environment?: InstallationOptions['environment']): Promise<Installation> {
  const bare = await startInstallation({ topology, password: PASSWORD, ...(environment && { environment }) });
  const { rest, ports, sink } = bare;
  let printer: VirtualPrinter | undefined;
  const remove = async (): Promise<void> => {
    await bare.remove();
    await printer?.stop();
  };
  try {
    printer = await VirtualPrinter.start({ outputFolder: join(bare.folder, 'printed') });
    await configure(rest, printer, sink);
    return { ...bare, printer, ...actions(rest, ports.smtp, sink), remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function configure(rest: RestClient, printer: VirtualPrinter, sink: MailSink): Promise<void> {
  await rest.signIn('maintenance', PASSWORD);
  await rest.put('/api/v0/outgoing-mail', { host: '127.0.0.1', port: sink.port, tls: 'none', fromAddress: MAILBOX, fromName: 'Inkpost' });
  await rest.post('/api/v0/queues', { queueId: HELD_QUEUE, name: 'Lobby', printerUri: printer.uri, validation: true });
  await rest.post('/api/v0/queues', { queueId: DIRECT_QUEUE, name: 'Direct', printerUri: printer.uri, validation: false });
  await rest.post('/api/v0/mailboxes', { address: MAILBOX, kind: 'smtp', queueId: HELD_QUEUE });
  await rest.post('/api/v0/mailboxes', { address: DIRECT_MAILBOX, kind: 'smtp', queueId: DIRECT_QUEUE });
  await rest.put('/api/v0/acceptance-conditions', { acceptedDomains: ['example.org'], refusedAddresses: ['eve@example.org'], unknownSender: 'create' });
}

function actions(rest: RestClient, smtpPort: number, sink: MailSink): Pick<Installation, 'mailPdf' | 'mail' | 'journeyWith' | 'codeFor'> {
  const mail: Installation['mail'] = async (message) => (await sendMail({ ...message, port: smtpPort })).messageId;
  return {
    mail,
    mailPdf: async ({ from = 'ada@example.org', to = MAILBOX, text = 'A document', untilTaken = false } = {}) => {
      const content = samplePdf({ text });
      const { raw, messageId } = await composeMail({ from, to, attachments: [{ filename: 'document.pdf', content }] });
      const send = () => sendMail({ port: smtpPort, from, to, raw });
      if (untilTaken) await expect.poll(() => send().then(() => true, () => false), { timeout: 60_000, interval: 200 }).toBe(true);
      else await send();
      return { messageId, sha256: createHash('sha256').update(content).digest('hex') };
    },
    journeyWith: async (messageId, step, timeoutMs = 20_000) => {
      let found: JourneyMessage | undefined;
      await expect
        .poll(
          async () => {
            const answer = await rest.get<{ messages: JourneyMessage[] }>(`/api/v0/journey?messageId=${encodeURIComponent(messageId)}`);
            found = answer.messages[0];
            return found?.steps.map((each) => each.step) ?? [];
          },
          { timeout: timeoutMs, interval: 50 },
        )
        .toContain(step);
      if (!found) throw new Error('unreachable: the poll has seen it');
      return found;
    },
    codeFor: async (address, timeoutMs = 20_000) => {
      const isCode = (to: readonly string[], text: string) => to.includes(address) && CODE.test(text);
      await sink.waitFor(({ to, text }) => isCode(to, text), timeoutMs);
      const latest = sink.mails.findLast(({ to, text }) => isCode(to, text));
      return CODE.exec(latest?.text ?? '')?.[1] ?? '';
    },
  };
}
