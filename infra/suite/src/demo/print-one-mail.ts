import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { VirtualPrinter } from '@inkpost/ipp/virtual-printer/virtual-printer.js';
import type { MailSink } from '@inkpost/testkit/mail-sink.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import type { RestClient } from '../rest-client.js';
import { DEMO } from './set-up-inkpost.js';

export interface JourneyStep {
  /** ISO 8601. */
  readonly at: string;
  readonly step: string;
  readonly detail: string;
}

export interface DemoOutcome {
  readonly ok: boolean;
  readonly sentSha256: string;
  readonly printedSha256: string;
  readonly journey: readonly JourneyStep[];
  /** From handing the mail to the intake until the job was held. */
  readonly mailToHeldMs: number;
  /** From giving the code until the printer had printed. */
  readonly releaseToPrintedMs: number;
}

export interface DemoPlaces {
  readonly rest: RestClient;
  readonly smtpPort: number;
  /** 127.0.0.1 by default. */
  readonly smtpHost?: string;
  readonly sink: MailSink;
  readonly printer: VirtualPrinter;
  readonly show: (line: string) => void;
}

interface JourneyAnswer {
  readonly messages: readonly { readonly messageId: string; readonly steps: readonly JourneyStep[] }[];
}

const DEADLINE_MS = 60_000;

/** Shows each step of a message as it happens. */
class JourneyView {
  private shown = 0;
  steps: readonly JourneyStep[] = [];

  constructor(
    private readonly rest: RestClient,
    private readonly internetMessageId: string,
    private readonly show: (line: string) => void,
  ) {}

  async until(step: string): Promise<JourneyStep> {
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      const { messages } = await this.rest.get<JourneyAnswer>(`/api/v0/journey?messageId=${encodeURIComponent(this.internetMessageId)}`);
      this.steps = messages[0]?.steps ?? [];
      for (const { at, step: name, detail } of this.steps.slice(this.shown)) this.show(`  ${at.slice(11, 23)}  ${name.padEnd(18)} ${detail}`);
      this.shown = this.steps.length;
      const found = this.steps.find((each) => each.step === step);
      if (found) return found;
      if (Date.now() > deadline) throw new Error(`The journey did not reach "${step}" within ${DEADLINE_MS / 1_000} s; the last step was "${this.steps.at(-1)?.step ?? 'none'}".`);
      await pause(20);
    }
  }
}

/** The main job: a mail with a PDF in, the code out, the code given, the PDF at the printer, byte for byte. */
export async function printOneMail({ rest, smtpPort, smtpHost = '127.0.0.1', sink, printer, show }: DemoPlaces): Promise<DemoOutcome> {
  const pdf = samplePdf({ pages: 2, text: 'Mail in, paper out.' });
  const sentSha256 = createHash('sha256').update(pdf).digest('hex');
  show(`→ ${DEMO.sender} mails welcome.pdf (${pdf.length} bytes) to ${DEMO.mailbox}`);
  const sentAt = Date.now();
  const { messageId } = await sendMail({ host: smtpHost, port: smtpPort, from: DEMO.sender, to: DEMO.mailbox, subject: 'Please print', attachments: [{ filename: 'welcome.pdf', content: pdf, contentType: 'application/pdf' }] });
  const view = new JourneyView(rest, messageId, show);
  const held = await view.until('held');
  await view.until('code-mailed');
  const mail = await sink.waitFor(({ to }) => to.includes('ada@example.org'), DEADLINE_MS);
  const code = /\b([2-9A-HJ-NP-Z]{4}-?[2-9A-HJ-NP-Z]{4})\b/.exec(mail.text)?.[1];
  if (!code) throw new Error('The mail held no code.');
  show(`← The code mail arrived: ${code}`);
  show('→ The code is given at a release point');
  const releasedAt = Date.now();
  await rest.post('/api/v0/release', { code });
  const printed = await firstPrint(printer);
  await view.until('printed');
  return {
    ok: printed?.sha256 === sentSha256 && printer.printed.length === 1,
    sentSha256,
    printedSha256: printed?.sha256 ?? '',
    journey: view.steps.map(({ at, step, detail }) => ({ at, step, detail })),
    mailToHeldMs: Date.parse(held.at) - sentAt,
    releaseToPrintedMs: printed ? printed.printedAt.getTime() - releasedAt : -1,
  };
}

async function firstPrint(printer: VirtualPrinter) {
  const deadline = Date.now() + DEADLINE_MS;
  while (printer.printed.length === 0 && Date.now() < deadline) await pause(2);
  return printer.printed[0];
}
