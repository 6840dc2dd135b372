import type { Socket } from 'node:net';
import { placeName, reachServer } from '@inkpost/server-connection/reach-server.js';
import { fault, type Finding, passed, skipped, type Step } from '@inkpost/server-connection/run-steps.js';
import { examineCertificate } from '@inkpost/server-connection/secure-connection.js';
import { serverAddresses } from '@inkpost/server-connection/server-addresses.js';
import { TEST_STEP_MAX_MS } from '../../limits.js';
import { WscClient, type WscClientParts } from './wsc-client.js';

export type WscStep = 'dns' | 'tcp' | 'tls' | 'server' | 'sign-in' | 'rights';

const SILENCE = 'The server is silent: are port and the choice of a secure connection right?';

/** Takes the way that every mail of a guest takes, one step at a time. The first three look at the server from outside, over a connection that ends with them. */
export class WscWay {
  private readonly client: WscClient;
  private addresses: readonly string[] = [];
  private socket: Socket | undefined;

  constructor(private readonly parts: WscClientParts) {
    this.client = new WscClient(parts);
  }

  get steps(): readonly Step<WscStep>[] {
    return [
      { name: 'dns', withinMs: TEST_STEP_MAX_MS, silence: 'The name server of this machine does not answer.', run: () => this.resolve() },
      { name: 'tcp', withinMs: TEST_STEP_MAX_MS, silence: 'A firewall may be in the way, or the port be wrong.', run: (signal) => this.connect(signal) },
      { name: 'tls', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: (signal) => this.secure(signal) },
      { name: 'server', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.recognise() },
      { name: 'sign-in', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.signIn() },
      { name: 'rights', withinMs: TEST_STEP_MAX_MS, silence: SILENCE, run: () => this.checkRights() },
    ];
  }

  async close(): Promise<void> {
    this.socket?.destroy();
    this.client.close();
  }

  private async resolve(): Promise<Finding> {
    const { settings: { address }, rules } = this.parts;
    this.addresses = await serverAddresses(address, rules);
    return passed(this.addresses[0] === address ? `${address} is an address: no name is looked up.` : `${address} is ${this.addresses.join(', ')}.`);
  }

  private async connect(signal: AbortSignal): Promise<Finding> {
    const { port } = this.parts.settings;
    this.socket = await reachServer(this.addresses, port, TEST_STEP_MAX_MS, signal);
    return passed(`${placeName(this.socket.remoteAddress ?? '', port)} takes connections.`);
  }

  private async secure(signal: AbortSignal): Promise<Finding> {
    const { socket, parts: { settings } } = this;
    if (!socket) throw new Error('no connection to secure');
    try {
      if (!settings.secure) return skipped('No TLS, by choice: the password and all about guests can be read on their way.');
      return passed(await examineCertificate(socket, { ...settings, host: settings.address }, signal));
    } finally {
      socket.destroy();
    }
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
