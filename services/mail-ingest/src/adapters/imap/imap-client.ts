import { getCACertificates } from 'node:tls';
import type { ImapFlowOptions } from 'imapflow';
import { IMAP_CONNECT_MAX_MS, IMAP_GREETING_MAX_MS, IMAP_SILENCE_MAX_MS, MAIL_BYTES_MAX } from '../../limits.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';

/** How a mail server is spoken to, whether it is watched or only looked at. */
export async function imapClientOptions(access: SourceAccess): Promise<ImapFlowOptions> {
  const { host, port, tls, user, signIn, certificateAuthority } = access;
  return {
    host,
    port,
    secure: tls === 'implicit',
    // Said in both directions: what happens must not depend on what a server, or somebody in between, offers.
    ...(tls === 'implicit' ? {} : { doSTARTTLS: tls === 'starttls' }),
    tls: certificateAuthority === '' ? {} : { ca: [...getCACertificates('default'), certificateAuthority] },
    auth: signIn.kind === 'token' ? { user, accessToken: await signIn.accessToken() } : { user, pass: signIn.password },
    clientInfo: { name: 'Inkpost' },
    logger: false,
    // It would cost both ends more time than a local network does.
    disableCompression: true,
    connectionTimeout: IMAP_CONNECT_MAX_MS,
    greetingTimeout: IMAP_GREETING_MAX_MS,
    socketTimeout: IMAP_SILENCE_MAX_MS,
    maxLiteralSize: MAIL_BYTES_MAX,
  };
}
