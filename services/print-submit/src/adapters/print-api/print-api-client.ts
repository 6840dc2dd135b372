import { AccountSession, readRights } from '@inkpost/server-connection/account-session.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { type InstallationPlace, ServerAgent } from '@inkpost/server-connection/server-agent.js';
import { exchange, exchangeStreamed, readDetail, type ServerAnswer, type ServerRequest } from '@inkpost/server-connection/server-exchange.js';
import { sendingLimits } from '../../limits.js';
import type { JobThere, JobToSend, PrintServer, Sending, Submitter } from '../../ports/print-server.port.js';
import type { SendingSettings } from '../../sending-server/sending-settings.js';
import { SendingTrouble } from '../../sending-server/sending-status.js';
import { readJob, readJobs, readLocations, readProblemType, readQueueIds, readServer, type ServerInformation } from './print-api-answers.js';

const RIGHT_NEEDED = 'print-on-behalf';
const API = '/print-api/v1';
const SIGN_IN_STATES = { unopened: 'not-initialised', refused: 'authentication-failed', unchanged: 'authentication-failed' } as const;

export interface PrintApiParts {
  readonly settings: SendingSettings;
  /** Throws a `Failure` where it can't be opened. */
  readonly password: () => string;
  readonly rules: AddressRules;
  readonly now?: () => number;
  /** How long one request may take, a document apart. */
  readonly callMaxMs?: number;
}

/** Speaks the Print API of another installation as one of its accounts. What fails throws a `Failure`, after a few seconds at most. */
export class PrintApiClient implements PrintServer {
  private readonly agent: ServerAgent;
  private readonly session: AccountSession;

  constructor(private readonly parts: PrintApiParts) {
    const { settings, password, rules, now, callMaxMs = sendingLimits.callMaxMs } = parts;
    this.agent = new ServerAgent(placeOf(settings), rules, callMaxMs);
    this.session = new AccountSession({
      agent: this.agent, path: `${API}/session`, account: settings.account, password, checked, trouble: (kind, text, cause) => new SendingTrouble(SIGN_IN_STATES[kind], text, cause), ...(now ? { now } : {}),
    });
  }

  /** What the server says of itself to everybody. */
  async server(): Promise<ServerInformation> {
    return readServer(checked(await exchange(this.agent, { method: 'GET', path: '/watchdoc/server' })));
  }

  async submitter(): Promise<Submitter> {
    const { serverId } = await this.server();
    const { account } = await this.session.current();
    return { serverId, account };
  }

  async send(job: JobToSend): Promise<Sending> {
    const { settings: { location, createGuests, queueId } } = this.parts;
    const { jobId, sizeBytes, open, ownerAddress, language, title, options } = job;
    const target = location === '' ? { queueId: queueId || job.mailboxQueueId } : { location };
    const details = { user: { address: ownerAddress, create: createGuests }, target, title, options, ...(language === 'fr' || language === 'en' ? { language } : {}) };
    const headers = { 'content-type': 'application/pdf', 'idempotency-key': jobId, 'print-job': asciiJson(details) };
    const answer = await this.session.ask((token) => exchangeStreamed(this.agent, { method: 'POST', path: `${API}/jobs`, token, headers, sizeBytes, open, withinMs: sendingLimits.documentMaxMs }));
    return readSending(answer);
  }

  async find(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobThere>> {
    if (jobIds.length === 0) return new Map();
    const body = await this.call({ method: 'GET', path: `${API}/jobs?${jobIds.map((jobId) => `jobId=${encodeURIComponent(jobId)}`).join('&')}` });
    return new Map(readJobs(body).map((job) => [job.jobId, job]));
  }

  async findTaken(jobId: string): Promise<JobThere | undefined> {
    const [job] = readJobs(await this.call({ method: 'GET', path: `${API}/jobs?idempotencyKey=${encodeURIComponent(jobId)}` }));
    return job;
  }

  async cancel(jobId: string): Promise<boolean> {
    const answer = await this.session.ask((token) => exchange(this.agent, { method: 'POST', path: `${API}/jobs/${encodeURIComponent(jobId)}/cancel`, token }));
    if (answer.status === 404 || answer.status === 409) return false;
    checked(answer);
    return true;
  }

  /** Whether the account may hand in documents, and there is where they go. Throws a `Failure`; undefined: all is well. */
  async findTrouble(): Promise<SendingTrouble | undefined> {
    await this.server();
    let rights = readRights(await this.call({ method: 'GET', path: `${API}/session` }));
    if (!rights.includes(RIGHT_NEEDED) && this.session.maySignInAnew()) ({ rights } = await this.session.signIn());
    if (!rights.includes(RIGHT_NEEDED)) return new SendingTrouble('rights-missing', `Its account must have a role there that gives it ${RIGHT_NEEDED}.`);
    return this.findMisdirection();
  }

  close(): void {
    this.agent.destroy();
  }

  private async findMisdirection(): Promise<SendingTrouble | undefined> {
    const { queueId, location } = this.parts.settings;
    if (queueId !== '') {
      const known = readQueueIds(await this.call({ method: 'GET', path: `${API}/queues?search=${encodeURIComponent(queueId)}&limit=${sendingLimits.queuesLookedAtMax}` }));
      return known.includes(queueId) ? undefined : new SendingTrouble('unknown-location', `There is no queue "${queueId}" on that server.`);
    }
    const known = readLocations(await this.call({ method: 'GET', path: `${API}/locations` }));
    if (known.length === 0) return new SendingTrouble('unknown-location', 'That server has no location: configure at least one there.');
    const isKnown = location === '' || known.some((each) => each.toLowerCase() === location.toLowerCase());
    return isKnown ? undefined : new SendingTrouble('unknown-location', `There is no location "${location}" on that server.`);
  }

  private async call(wanted: ServerRequest): Promise<unknown> {
    return checked(await this.session.ask((token) => exchange(this.agent, { ...wanted, token })));
  }
}

/** Where a connection goes, and whom it trusts. */
export function placeOf({ address, port, secure, certificateAuthority, pinnedCertificate }: SendingSettings): InstallationPlace {
  return { address, port, secure, certificateAuthority, pinnedAuthority: pinnedCertificate };
}

function readSending(answer: ServerAnswer): Sending {
  const { status, body } = answer;
  const problem = readDetail(body) || `The server answers ${status}.`;
  switch (status) {
    case 400:
    case 413:
    case 415:
      return { kind: 'refused', problem };
    case 422:
      return { kind: readProblemType(body) === 'key-reused' ? 'refused' : 'misdirected', problem };
    default:
      return { kind: 'taken', job: readJob(checked(answer)) };
  }
}

/** The body of an answer that says yes. */
function checked({ status, body }: ServerAnswer): unknown {
  if (status >= 200 && status < 300) return body;
  const detail = readDetail(body);
  const says = detail === '' ? '' : ` It says: ${detail}`;
  switch (status) {
    case 401:
      throw new SendingTrouble('authentication-failed', `The server ends the session at once.${says}`);
    case 403:
      throw new SendingTrouble('rights-missing', `Its account must have a role there that gives it ${RIGHT_NEEDED}.${says}`);
    case 404:
    case 405:
      throw new SendingTrouble('cooldown', 'What answers there has no Print API: is the port right? Usually it is 5753.');
    case 429:
    case 502:
    case 503:
    case 504:
      throw new SendingTrouble('cooldown', `The server can't answer now (${status}).${says}`);
    default:
      throw new SendingTrouble('unknown-error', `The server answers ${status}.${says}`);
  }
}

/** JSON of ASCII alone, as a header field has it. */
function asciiJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
