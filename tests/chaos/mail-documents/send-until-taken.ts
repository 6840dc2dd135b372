import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { deliverByLmtp } from '@inkpost/testkit/deliver-by-lmtp.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';
import type { DrawnMail } from '../draw-faults/draw-mails.js';
import { limits } from '../limits.js';
import { type ChaosPlace, SENDER_DOMAIN } from '../set-up/chaos-place.js';
import { ownAddress, watchedAddress } from '../set-up/queues.js';
import type { SentMail } from './sent-mail.js';

/** Sends the same bytes until they are taken, as a mail server does: what was taken with its answer lost comes again. */
export async function sendUntilTaken(place: ChaosPlace, { number, way, queue, fileNames }: DrawnMail, over: AbortSignal): Promise<SentMail> {
  const from = `person-${number}@${SENDER_DOMAIN}`;
  const to = way === 'watched' ? watchedAddress(queue) : ownAddress(queue);
  const attachments = fileNames.map((filename) => ({ filename, content: samplePdf({ text: filename }) }));
  const { raw, messageId } = await composeMail({ from, to, subject: `Mail ${number}`, attachments });
  const send = sender(place, { from, to, raw })[way];
  while (!(await send().then(() => true, () => false))) await pause(limits.retryMs, undefined, { signal: over });
  const documents = attachments.map(({ filename, content }) => ({ fileName: filename, sha256: createHash('sha256').update(content).digest('hex'), messageId }));
  return { messageId, sender: from, documents, waitsForCode: queue === 'held' };
}

function sender({ ports, mailboxes }: ChaosPlace, { from, to, raw }: { readonly from: string; readonly to: string; readonly raw: Buffer }): Record<DrawnMail['way'], () => Promise<unknown>> {
  return {
    smtp: () => sendMail({ port: ports.smtp, from, to, raw }),
    lmtp: () => deliverByLmtp({ port: ports.lmtp, from, to: [to], raw }),
    watched: async () => mailboxes?.deliver({ from, to: [to], raw }),
  };
}
