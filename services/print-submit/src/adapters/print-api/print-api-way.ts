import type { Socket } from 'node:net';
import { placeName, reachServer } from '@inkpost/server-connection/reach-server.js';
import { type Finding, passed, skipped, type Step } from '@inkpost/server-connection/run-steps.js';
import { examineCertificate } from '@inkpost/server-connection/secure-connection.js';
import { serverAddresses } from '@inkpost/server-connection/server-addresses.js';
import { sendingLimits } from '../../limits.js';
import { placeOf, PrintApiClient, type PrintApiParts } from './print-api-client.js';

const SILENCE = 'The server is silent: are port and the choice of a secure connection right?';

/** The way that documents take, step by step, as far as connecting goes (SKY-052): the account is not tried. */
export class PrintApiWay {
  private readonly client: PrintApiClient;
  private addresses: readonly string[] = [];
  private socket: Socket | undefined;

  constructor(private readonly parts: PrintApiParts) {
    this.client = new PrintApiClient(parts);
  }

  get steps(): readonly Step<'dns' | 'tcp' | 'tls' | 'server'>[] {
    const withinMs = sendingLimits.testStepMaxMs;
    return [
      { name: 'dns', withinMs, silence: 'The name server of this machine does not answer.', run: () => this.resolve() },
      { name: 'tcp', withinMs, silence: 'A firewall may be in the way, or the port be wrong.', run: (signal) => this.connect(signal) },
      { name: 'tls', withinMs, silence: SILENCE, run: (signal) => this.secure(signal) },
      { name: 'server', withinMs, silence: SILENCE, run: () => this.recognise() },
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
    this.socket = await reachServer(this.addresses, port, sendingLimits.testStepMaxMs, signal);
    return passed(`${placeName(this.socket.remoteAddress ?? '', port)} takes connections.`);
  }

  private async secure(signal: AbortSignal): Promise<Finding> {
    const { socket, parts: { settings } } = this;
    if (!socket) throw new Error('no connection to secure');
    try {
      if (!settings.secure) return skipped('No TLS, by choice: documents and the password can be read on their way.');
      const { address: host, ...trust } = placeOf(settings);
      return passed(await examineCertificate(socket, { ...trust, host }, signal));
    } finally {
      socket.destroy();
    }
  }

  private async recognise(): Promise<Finding> {
    const { name, version } = await this.client.server();
    return passed(`It is the server ${name}, version ${version}. The account is tried when the settings are saved; the status says how that went.`);
  }
}
