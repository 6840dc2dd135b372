import { inspect } from 'node:util';
import { CauseDown, TransientFailure } from '@inkpost/failure/failure.js';
import { describe, expect, it } from 'vitest';
import { judgeSmtpError } from './smtp-failure.js';

const judge = (fields: { message?: string; code?: string; responseCode?: number; response?: string; command?: string }) =>
  judgeSmtpError(Object.assign(new Error(fields.message ?? 'failed'), fields), 'smtp.example.org:587', ['QX7RTM2K', 'QX7R-TM2K']);

const waits = (code: string) => [CauseDown, { code }] as const;

describe('an error of the mail server', () => {
  it.each([
    ['an unknown recipient', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 550, response: '550 5.1.1 no such user' }, '550 5.1.1 no such user'],
    ['content it will never take', { code: 'EMESSAGE', command: 'DATA', responseCode: 554, response: '554-5.7.1 looks\r\n554 5.7.1 like spam' }, '554-5.7.1 looks 554 5.7.1 like spam'],
    ['a full mailbox', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 552, response: '552 full' }, '552 full'],
    ['an address with letters it does not know', { code: 'EENVELOPE', command: 'API', message: 'Internationalized mailbox name not allowed' }, 'Internationalized mailbox name not allowed'],
  ])('is final for this recipient: %s', (_, error, answer) => expect(judge(error)).toEqual({ delivered: false, answer }));

  it.each([
    ['greylisting', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 450, response: '450 4.7.1 come back' }],
    ['a local error after DATA', { code: 'EMESSAGE', command: 'DATA', responseCode: 451, response: '451 4.3.0 later' }],
  ])('is tried again, and the tries are counted: %s', (_, error) => {
    const failure = judge(error);
    expect(failure).toBeInstanceOf(TransientFailure);
    expect(failure).not.toBeInstanceOf(CauseDown);
    expect(failure).toMatchObject({ code: 'notification.mail-server-busy', message: expect.stringContaining(error.response) as string });
  });

  it.each([
    ['a final answer', { code: 'EMESSAGE', command: 'DATA', responseCode: 554 }],
    ['a passing one', { code: 'EMESSAGE', command: 'DATA', responseCode: 451 }],
    ['one about the sender', { code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 550 }],
  ])('never repeats the code that the server quoted: %s', (_, error) => {
    const response = `${error.responseCode} I dislike QX7R-TM2K and QX7RTM2K`;
    const judged = judge({ ...error, response, message: `Message failed: ${response}` });
    const said = JSON.stringify(judged) + inspect(judged);
    expect(said).toContain('I dislike … and …');
    expect(said).not.toMatch(/QX7R|TM2K/u);
  });

  it.each([
    ['nobody listens', { code: 'ESOCKET', command: 'CONN', message: 'connect ECONNREFUSED' }, waits('notification.mail-server-unreachable')],
    ['an unknown name', { code: 'EDNS', command: 'CONN' }, waits('notification.mail-server-unreachable')],
    ['silence', { code: 'ETIMEDOUT', command: 'CONN' }, waits('notification.mail-server-unreachable')],
    ['a certificate that is not trusted', { code: 'ETLS', command: 'CONN', message: 'self-signed certificate' }, waits('notification.mail-server-unreachable')],
    ['a wrong password', { code: 'EAUTH', command: 'AUTH PLAIN', responseCode: 535, response: '535 5.7.8 no' }, waits('notification.mail-server-refuses')],
    ['no STARTTLS', { code: 'ETLS', command: 'STARTTLS', responseCode: 502, response: '502 unknown' }, waits('notification.mail-server-refuses')],
    ['a From address that is not ours', { code: 'EENVELOPE', command: 'MAIL FROM', responseCode: 553, response: '553 not yours' }, waits('notification.mail-server-refuses')],
    ['a wish for authentication', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 530, response: '530 5.7.0 sign in' }, waits('notification.mail-server-refuses')],
    ['a server that closes', { code: 'EENVELOPE', command: 'RCPT TO', responseCode: 421, response: '421 4.3.2 shutting down' }, waits('notification.mail-server-refuses')],
    ['a greeting that says no', { code: 'EPROTOCOL', command: 'CONN', responseCode: 554, response: '554 go away' }, waits('notification.mail-server-refuses')],
  ])('is waited for: %s', (_, error, [type, fields]) => {
    expect(judge(error)).toBeInstanceOf(type);
    expect(judge(error)).toMatchObject(fields);
  });
});
