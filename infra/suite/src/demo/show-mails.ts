import type { MailSink } from '@inkpost/testkit/mail-sink.js';

/** The longest a timer waits; a mail that comes later is not missed, only shown by the next wait. */
const FOREVER_MS = 2 ** 31 - 1;

/** Shows each mail that the sink is given, from the `first` on. Never ends. */
export async function showMails(sink: MailSink, show: (line: string) => void, first = 0): Promise<never> {
  for (let index = first; ; index += 1) {
    const mail = await sink.waitFor((each) => sink.mails.indexOf(each) >= index, FOREVER_MS);
    show(`✉ To ${mail.to.join(', ')}: ${mail.subject}\n${mail.text.trim().replace(/^/gm, '    ')}`);
  }
}
