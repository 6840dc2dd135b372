import { beforeAll, expect, it } from 'vitest';
import { type MailSink, startMailSink } from './mail-sink.js';
import { samplePdf } from './sample-pdf.js';
import { sendMail } from './send-mail.js';

let sink: MailSink;
beforeAll(async () => {
  sink = await startMailSink();
  return () => sink.stop();
});

const mail = { from: 'alice@test.example', to: 'print@test.example' };

it('keeps envelope, text and attachments as they were sent', async () => {
  const pdf = samplePdf({ sizeBytes: 50_000 });
  const { messageId } = await sendMail({
    ...mail,
    port: sink.port,
    subject: 'Été',
    text: 'Bonjour',
    attachments: [{ filename: 'a.pdf', content: pdf }],
  });
  const received = await sink.waitFor(({ subject }) => subject === 'Été');
  expect(received).toMatchObject({ from: mail.from, to: [mail.to], text: 'Bonjour', parsed: { messageId } });
  expect(received.parsed.attachments[0]).toMatchObject({ filename: 'a.pdf', contentType: 'application/pdf' });
  expect(received.parsed.attachments[0]?.content.equals(pdf)).toBe(true);
});

it('keeps a raw mail byte for byte', async () => {
  const raw = 'Subject: raw\r\nX-Odd:   three  spaces\r\n\r\n.a line with a dot\r\n';
  await sendMail({ ...mail, port: sink.port, raw });
  expect((await sink.waitFor(({ subject }) => subject === 'raw')).raw.toString()).toBe(raw);
});

it('waits for a mail that is yet to come, and says what came instead', async () => {
  const wanted = sink.waitFor(({ subject }) => subject === 'later');
  const never = sink.waitFor(({ subject }) => subject === 'never', 300);
  await sendMail({ ...mail, port: sink.port, subject: 'later' });
  expect((await wanted).subject).toBe('later');
  await expect(never).rejects.toThrow(/no such mail within 300 ms; received: .*"later" to print@test\.example/);
});

it('refuses as many mails as asked for, with the code asked for, and keeps none of them', async () => {
  const before = sink.mails.length;
  sink.failNext(451, 2);
  await expect(sendMail({ ...mail, port: sink.port })).rejects.toMatchObject({ responseCode: 451 });
  await expect(sendMail({ ...mail, port: sink.port })).rejects.toMatchObject({ responseCode: 451 });
  expect((await sendMail({ ...mail, port: sink.port })).reply).toMatch(/^250/);
  expect(sink.mails).toHaveLength(before + 1);
});
