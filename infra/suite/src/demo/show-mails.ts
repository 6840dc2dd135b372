import { setTimeout as pause } from 'node:timers/promises';
import type { MailSink } from '@inkpost/testkit/mail-sink.js';

const LOOK_EVERY_MS = 200;

/** Shows each mail that the sink is given, from the `first` on. Never ends, and keeps no process alive that has nothing else to do. */
export async function showMails(sink: MailSink, show: (line: string) => void, first = 0): Promise<never> {
  for (let index = first; ; ) {
    const mail = sink.mails[index];
    if (!mail) {
      await pause(LOOK_EVERY_MS, undefined, { ref: false });
      continue;
    }
    show(`✉ To ${mail.to.join(', ')}: ${mail.subject}\n${mail.text.trim().replace(/^/gm, '    ')}`);
    index += 1;
  }
}
