import { type ConnectionStep, ConnectionSteps, eachWithin } from '@inkpost/server-connection/connection-steps.js';
import { fault, type Finding, passed, type Step } from '@inkpost/server-connection/run-steps.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import { WscClient, type WscClientParts } from './wsc-client.js';

export type WscStep = ConnectionStep | 'server' | 'sign-in' | 'rights';

const SILENCE = 'The server is silent: are port and the choice of a secure connection right?';

/** Takes the way that every mail of a guest takes, one step at a time. The first three look at the server from outside, over a connection that ends with them. */
export class WscWay {
  private readonly client: WscClient;
  private readonly outside: ConnectionSteps;

  constructor(private readonly parts: WscClientParts) {
    this.client = new WscClient(parts);
    const { settings, rules } = parts;
    const { address: host, port, secure } = settings;
    this.outside = new ConnectionSteps({
      host, port, rules, withinMs: eachWithin(TEST_STEP_MAX_MS), silence: SILENCE, tls: secure ? { ...settings, host } : 'No TLS, by choice: the password and all about guests can be read on their way.',
    });
  }

  get steps(): readonly Step<WscStep>[] {
    return [
      ...this.outside.steps,
      { name: 'server', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.recognise() },
      { name: 'sign-in', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.signIn() },
      { name: 'rights', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.checkRights() },
    ];
  }

  async close(): Promise<void> {
    this.outside.close();
    this.client.close();
  }

  private async recognise(): Promise<Finding> {
    const { name, version } = await this.client.server();
    return passed(`It is the server ${name}, version ${version}.`);
  }

  private async signIn(): Promise<Finding> {
    await this.client.signIn();
    return passed(`The server accepts ${this.parts.settings.account}.`);
  }

  private async checkRights(): Promise<Finding> {
    const missing = await this.client.missingRights();
    if (missing.length > 0) throw fault(`The account does not have the necessary rights: it lacks ${missing.join(', ')}. A security profile on that server must give them.`);
    return passed('The account may read, add, edit and delete guests.');
  }
}
