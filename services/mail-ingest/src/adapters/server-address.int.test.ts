import { describe, expect, it } from 'vitest';
import type { SourceAccess } from '../ports/mail-source.port.js';
import { imapSource } from './imap/imap-source.adapter.js';
import { pop3Source } from './pop3/pop3-source.adapter.js';

/** A name to the system, which leads to 169.254.169.254. */
const NUMBER = '2852039166';

const access = (host: string, protocol: 'imap' | 'pop3', tls: SourceAccess['tls']): SourceAccess => ({
  mailboxId: 'id', protocol, host, port: 1, tls, user: 'print', folder: 'INBOX', certificateAuthority: '', signIn: { kind: 'password', password: 'secret' }, afterProcessing: 'keep', processedFolder: '',
});

describe('a mail server at an address where none may be', () => {
  it.each(['169.254.169.254', 'fe80::1', '0.0.0.0', '100.100.100.200', '::ffff:169.254.169.254', NUMBER])('is not connected to: %s', async (host) => {
    for (const tls of ['none', 'implicit'] as const) {
      for (const [protocol, open] of [['imap', imapSource()], ['pop3', pop3Source()]] as const) {
        const startedAt = performance.now();
        await expect(open(access(host, protocol, tls), new AbortController().signal)).rejects.toMatchObject({ code: 'mailbox.server-unreachable', message: expect.stringMatching(/where no server (?:may be unless INKPOST_LINK_LOCAL_SERVERS is set to allowed|can be)\. Nothing was sent there\.$/) });
        expect(performance.now() - startedAt).toBeLessThan(2_000);
      }
    }
  });
});
