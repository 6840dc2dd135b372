import { Failure } from '@inkpost/failure/failure.js';
import { ConnectionSteps } from '@inkpost/server-connection/connection-steps.js';
import { fault, type Finding, passed, skipped } from '@inkpost/server-connection/run-steps.js';
import { TEST_CONNECT_MAX_MS, TEST_LOGIN_MAX_MS, TEST_LOOKUP_MAX_MS, TEST_TLS_MAX_MS, TEST_TOKEN_MAX_MS } from '../limits.js';
import type { ProbedMailbox, ProbeMailbox } from '../ports/mailbox-probe.port.js';
import { FOLDER_MISSING, type SourceAccess } from '../ports/mail-source.port.js';
import { askForTls } from './ask-for-tls.js';
import type { TestStep } from './test-step.js';

const SILENCE = 'The server is silent: is it a mail server, and are port and the choice of TLS right?';

/** Where the first steps go. */
export type NetworkPlace = Pick<SourceAccess, 'host' | 'port' | 'tls' | 'certificateAuthority'>;

/**
 * Takes the way that a watcher takes to a mail server, one step at a time. The first three look at the server from outside, over a
 * connection that ends with them; signing in is the adapters' own.
 */
export class ServerTest {
  private readonly outside: ConnectionSteps;
  private probed: ProbedMailbox | undefined;

  constructor(
    private readonly access: SourceAccess,
    private readonly probe: ProbeMailbox,
    place: NetworkPlace = access,
  ) {
    const { addressRules: rules, protocol } = access;
    const { host, port, tls } = place;
    this.outside = new ConnectionSteps({
      host, port, rules, withinMs: { dns: TEST_LOOKUP_MAX_MS, tcp: TEST_CONNECT_MAX_MS, tls: TEST_TLS_MAX_MS }, silence: SILENCE,
      tls: tls === 'none' ? 'No TLS, by choice: password and mails can be read on their way.' : place,
      ...(tls === 'starttls' && protocol !== 'graph' ? { askForTls: (socket, signal) => askForTls(socket, protocol, signal) } : {}),
    });
  }

  get steps(): readonly TestStep[] {
    const { signIn, afterProcessing } = this.access;
    const steps: TestStep[] = [
      ...this.outside.steps,
      { name: 'login', withinMs: TEST_LOGIN_MAX_MS, silence: SILENCE, run: (signal) => this.signIn(signal) },
      { name: 'folder', withinMs: TEST_LOGIN_MAX_MS, silence: 'The mail server is silent.', run: () => this.openFolder() },
      { name: 'permissions', withinMs: TEST_LOGIN_MAX_MS, silence: 'The mail server is silent.', run: async () => (afterProcessing === 'keep' ? skipped('Processed mails stay as they are: reading is enough.') : passed(await this.probedMailbox().checkPermissions())) },
    ];
    if (signIn.kind === 'token') steps.splice(3, 0, { name: 'token', withinMs: TEST_TOKEN_MAX_MS, silence: 'The authority that grants tokens does not answer.', run: () => this.fetchToken() });
    return steps;
  }

  /** Ends what is still open. */
  async close(): Promise<void> {
    this.outside.close();
    await this.probed?.close();
  }

  private async fetchToken(): Promise<Finding> {
    const { signIn } = this.access;
    if (signIn.kind === 'token') await signIn.accessToken();
    return passed('The authority grants an access token.');
  }

  private async signIn(signal: AbortSignal): Promise<Finding> {
    this.probed = await this.probe(this.access, signal);
    return passed(`The mail server accepts the user ${this.access.user}.`);
  }

  private async openFolder(): Promise<Finding> {
    try {
      return passed(await this.probedMailbox().openFolder());
    } catch (error) {
      // The manual's words say what is wrong, not what to do (TRB-006, TRB-007).
      if (error instanceof Failure && error.code === FOLDER_MISSING) throw fault(`${error.message}: create "${this.access.folder}" on the mail server, or clear or correct the folder in the settings.`, error);
      throw error;
    }
  }

  private probedMailbox(): ProbedMailbox {
    if (!this.probed) throw new Error('nobody is signed in');
    return this.probed;
  }
}
