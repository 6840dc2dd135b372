import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { deliverByLmtp } from '@inkpost/testkit/deliver-by-lmtp.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { composeMail, sendMail } from '@inkpost/testkit/send-mail.js';
import type { DrawnMail } from '../draw-faults/draw-mails.js';
import { limits } from '../limits.js';
import { type ChaosPlace, SENDER_DOMAIN } from '../set-up/chaos-place.js';
import { ownAddress, watchedAddress } from '../set-up/queues.js';
import type { SentDocuments } from './sent-documents.js';

interface Attachment {
  readonly filename: string;
  readonly content: Buffer;
}

/** Sends the same bytes until they are taken, as mail servers and programs do: what was taken with its answer lost comes again. */
export async function sendUntilTaken(place: ChaosPlace, mail: DrawnMail, over: AbortSignal): Promise<SentDocuments> {
  const { number, way, queue, fileNames } = mail;
  const person = `person-${number}@${SENDER_DOMAIN}`;
  const attachments = fileNames.map((filename) => ({ filename, content: samplePdf({ text: filename }) }));
  const send = way === 'program' ? byProgram(place, mail, person, attachments) : await byMail(place, mail, person, attachments);
  let journey: string | undefined;
  while ((journey = await send().catch(() => undefined)) === undefined) await pause(limits.retryMs, undefined, { signal: over });
  const of = journey;
  const copies = queue === 'kept' ? 2 : 1;
  const documents = attachments.map(({ filename, content }) => ({ fileName: filename, sha256: createHash('sha256').update(content).digest('hex'), journey: of, copies }));
  return { journey, person, documents, waitsForCode: queue === 'held' };
}

function byProgram({ program }: ChaosPlace, { queue }: DrawnMail, person: string, attachments: readonly Attachment[]): () => Promise<string> {
  const [{ filename, content }] = attachments as [Attachment];
  return async () => `job=${await program.handIn({ person, queue, title: filename, pdf: content })}`;
}

async function byMail({ ports, mailboxes }: ChaosPlace, { number, way, queue }: DrawnMail, from: string, attachments: readonly Attachment[]): Promise<() => Promise<string>> {
  const to = way === 'watched' ? watchedAddress(queue) : ownAddress(queue);
  const { raw, messageId } = await composeMail({ from, to, subject: `Mail ${number}`, attachments: [...attachments] });
  return async () => {
    if (way === 'smtp') await sendMail({ port: ports.smtp, from, to, raw });
    else if (way === 'lmtp') await deliverByLmtp({ port: ports.lmtp, from, to: [to], raw });
    else await mailboxes?.deliver({ from, to: [to], raw });
    return `messageId=${encodeURIComponent(messageId)}`;
  };
}
