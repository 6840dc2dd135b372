import { createHash, X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { connect } from 'node:tls';
import { PermanentFailure } from '@inkpost/failure/failure.js';

const REACH_MS = 10_000;
const INFORMATION_BYTES_MAX = 65_536;

/** What a server says of itself to everybody (WD-022). */
export interface ServerInformation {
  readonly serverId: string;
  readonly name: string;
  readonly version: string;
  /** single, master or slave. */
  readonly role: string;
  /** Empty: it is in no domain. */
  readonly domainId: string;
  readonly domainName: string;
  /** Its clock. */
  readonly now: Date;
}

/** A server that answers, whoever it may be: all further calls go to the bearer of the same certificate. */
export interface ReachedServer {
  /** `https://host:5753/watchdoc/server`. */
  readonly uri: string;
  readonly agent: Agent;
  /** SHA-256 of its certificate, lower-case hexadecimal. */
  readonly certificateSha256: string;
  readonly information: ServerInformation;
  /** Ends its connections. */
  close(): void;
}

/** What a service lets its administrators connect it to; throws, or lets the connection fail. A command of an administrator's own needs none. */
export type AddressGuard = (host: string) => { readonly lookup?: LookupFunction };

const ANYWHERE: AddressGuard = () => ({});

/**
 * `certificateSha256`: the one that it must show. Throws the PermanentFailures `admission.unreachable` (with `reason`: what the system says),
 * `admission.foreign-certificate`, `admission.not-inkpost`.
 */
export async function reachServer(uri: string, certificateSha256?: string, guard: AddressGuard = ANYWHERE): Promise<ReachedServer> {
  const certificate = await shownCertificate(uri, guard).catch((error: unknown) => {
    throw unreachable(uri, error);
  });
  const shown = createHash('sha256').update(certificate.raw).digest('hex');
  if (certificateSha256 !== undefined && shown !== certificateSha256) {
    throw new PermanentFailure('admission.foreign-certificate', `${uri} shows another certificate than the one that the maintenance password was proven to: somebody is in between, or it was replaced at this moment. Try again; if it stays so, look who answers there.`);
  }
  const agent = pinnedAgent(certificate, shown, guard(hostOf(uri)));
  try {
    const information = await obtainInformation(uri, agent);
    return { uri, agent, certificateSha256: shown, information, close: () => agent.destroy() };
  } catch (error) {
    agent.destroy();
    throw error instanceof PermanentFailure ? error : unreachable(uri, error);
  }
}

/** Nobody certified it for us: it is the proof of the password that says whether this is the server. So one certificate is trusted, and no other. */
function pinnedAgent(certificate: X509Certificate, sha256: string, guarded: ReturnType<AddressGuard>): Agent {
  return new Agent({
    ...guarded, keepAlive: true, ca: certificate.toString(), allowPartialTrustChain: true,
    checkServerIdentity: (_host, { raw }) => (createHash('sha256').update(raw).digest('hex') === sha256 ? undefined : new Error('The server shows another certificate now.')),
  });
}

function hostOf(uri: string): string {
  return new URL(uri).hostname.replaceAll(/^\[|\]$/g, '');
}

async function shownCertificate(uri: string, guard: AddressGuard): Promise<X509Certificate> {
  const host = hostOf(uri);
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate>();
  const socket = connect({ ...guard(host), host, port: Number(new URL(uri).port), ...(isIP(host) ? {} : { servername: host }), rejectUnauthorized: false, timeout: REACH_MS }, () => {
    const certificate = socket.getPeerX509Certificate();
    if (certificate) resolve(certificate);
    else reject(new Error('It shows no certificate.'));
    socket.destroy();
  });
  socket.once('timeout', () => socket.destroy(new Error(`No answer within ${REACH_MS / 1_000} s.`)));
  socket.once('error', reject);
  return promise;
}

async function obtainInformation(uri: string, agent: Agent): Promise<ServerInformation> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; text: string }>();
  const asked = request(uri, { agent, timeout: REACH_MS, headers: { accept: 'application/json' } }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      if (text.length > INFORMATION_BYTES_MAX) response.destroy(new Error('Its answer is too long.'));
    });
    response.once('end', () => resolve({ status: response.statusCode ?? 0, text })).once('error', reject);
  });
  asked.once('timeout', () => asked.destroy(new Error(`No answer within ${REACH_MS / 1_000} s.`))).once('error', reject).end();
  const { status, text } = await promise;
  const information = status === 200 ? parse(text) : undefined;
  if (!information) throw new PermanentFailure('admission.not-inkpost', `What answers at ${uri} is no Inkpost server, or not of a version that knows domains (HTTP ${status}).`);
  return information;
}

function parse(text: string): ServerInformation | undefined {
  try {
    const said = JSON.parse(text) as Record<string, unknown>;
    const word = (name: string) => (typeof said[name] === 'string' ? said[name].slice(0, 200) : '');
    const now = new Date(word('now'));
    if (word('serverId') === '' || word('version') === '' || Number.isNaN(now.getTime())) return undefined;
    return { serverId: word('serverId'), name: word('name'), version: word('version'), role: word('role'), domainId: word('domainId'), domainName: word('domainName'), now };
  } catch {
    return undefined;
  }
}

function unreachable(uri: string, cause: unknown): PermanentFailure {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  return new PermanentFailure('admission.unreachable', `${uri} is not reached: ${reason}`, { cause, fields: { uri, reason } });
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  // OpenSSL's own words are of its source files; most often this is a port that speaks plain HTTP.
  if (code.startsWith('ERR_SSL_') || code === 'EPROTO') return `What answers there does not speak HTTPS as an Inkpost server does (${code}): is it the right port? Servers are reached at 5753, unless INKPOST_DSP_LISTEN says another one.`;
  return error.message === '' ? code : error.message;
}
