import { ImapFlow, type ImapFlowOptions } from 'imapflow';
import { guardedLookup } from '@inkpost/server-connection/guarded-lookup.js';
import { MAIL_BYTES_MAX, type ServerTimes } from '../../limits.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { trusting } from '@inkpost/server-connection/trusted-authority.js';
import { imapFailure, isLoginRefused } from './imap-failure.js';

/** Connects and signs in, whether to watch or only to look. A token that the server doesn't take may have been revoked or changed: then one other is tried. */
export async function connectImap(access: SourceAccess, times: ServerTimes, signal: AbortSignal): Promise<ImapFlow> {
  const options = await imapClientOptions(access, times);
  try {
    return await connectWith(options, access, signal);
  } catch (error) {
    const refusedToken = options.auth?.accessToken;
    if (refusedToken === undefined || !isLoginRefused(error)) throw imapFailure(error, access);
    const another = await imapClientOptions(access, times, refusedToken);
    if (another.auth?.accessToken === refusedToken) throw imapFailure(error, access);
    return connectWith(another, access, signal).catch((again: unknown) => {
      throw imapFailure(again, access);
    });
  }
}

async function connectWith({ tls, ...options }: ImapFlowOptions, { host, addressRules }: SourceAccess, signal: AbortSignal): Promise<ImapFlow> {
  // They go to the connection, with TLS or without.
  const client = new ImapFlow({ ...options, tls: { ...tls, ...guardedLookup(host, addressRules) } });
  // Without a listener an error would end the process; what waits is told by the rejection of its own command.
  client.on('error', () => undefined);
  const abort = (): void => client.close();
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    return client;
  } catch (error) {
    client.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

async function imapClientOptions(access: SourceAccess, times: ServerTimes, refusedToken?: string): Promise<ImapFlowOptions> {
  const { host, port, tls, user, signIn, certificateAuthority, trace } = access;
  return {
    host,
    port,
    secure: tls === 'implicit',
    // Said in both directions: what happens must not depend on what a server, or somebody in between, offers.
    ...(tls === 'implicit' ? {} : { doSTARTTLS: tls === 'starttls' }),
    tls: trusting(certificateAuthority),
    auth: signIn.kind === 'token' ? { user, accessToken: await signIn.accessToken(refusedToken) } : { user, pass: signIn.password },
    // Of the empty ones nothing is said (RFC 2971, 3.3): else imapflow's own would be.
    clientInfo: { name: 'Inkpost', version: '', vendor: '', 'support-url': '' },
    logger: trace ? tracingLogger(trace) : false,
    // It would cost both ends more time than a local network does.
    disableCompression: true,
    // Whoever waits for mails enters IDLE at once, by himself.
    disableAutoIdle: true,
    connectionTimeout: times.connectMaxMs,
    greetingTimeout: times.greetingMaxMs,
    socketTimeout: times.imapSilenceMaxMs,
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
