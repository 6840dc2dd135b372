import { getCACertificates } from 'node:tls';
import type { ImapFlowOptions } from 'imapflow';
import { MAIL_BYTES_MAX, SERVER_TIMES, type ServerTimes } from '../../limits.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';

/** How a mail server is spoken to, whether it is watched or only looked at. */
export async function imapClientOptions(access: SourceAccess, times: ServerTimes = SERVER_TIMES, refusedToken?: string): Promise<ImapFlowOptions> {
  const { host, port, tls, user, signIn, certificateAuthority, trace } = access;
  return {
    host,
    port,
    secure: tls === 'implicit',
    // Said in both directions: what happens must not depend on what a server, or somebody in between, offers.
    ...(tls === 'implicit' ? {} : { doSTARTTLS: tls === 'starttls' }),
    tls: certificateAuthority === '' ? {} : { ca: [...getCACertificates('default'), certificateAuthority] },
    auth: signIn.kind === 'token' ? { user, accessToken: await signIn.accessToken(refusedToken) } : { user, pass: signIn.password },
    clientInfo: { name: 'Inkpost' },
    logger: trace ? tracingLogger(trace) : false,
    // It would cost both ends more time than a local network does.
    disableCompression: true,
    // Whoever waits for mails enters IDLE at once, by himself.
    disableAutoIdle: true,
    connectionTimeout: times.connectMaxMs,
    greetingTimeout: times.greetingMaxMs,
    socketTimeout: times.silenceMaxMs,
    maxLiteralSize: MAIL_BYTES_MAX,
  };
}

interface LogEntry {
  /** c: we said it; s: the server. */
  readonly src?: 'c' | 's';
  readonly msg?: string;
}

/** imapflow's own log of the conversation; it leaves out secrets and the content of literals, which mails are. */
function tracingLogger(trace: (line: string) => void) {
  const conversation = ({ src, msg = '' }: LogEntry): void => {
    if (src) trace(`${src === 'c' ? 'C' : 'S'}: ${msg}`);
  };
  const nothing = (): void => undefined;
  return { trace: conversation, debug: conversation, info: nothing, warn: nothing, error: nothing, fatal: nothing };
}
