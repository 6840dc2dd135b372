import { type ConnectionStep, ConnectionSteps, eachWithin } from '@inkpost/server-connection/connection-steps.js';
import { type Finding, passed, type Step } from '@inkpost/server-connection/run-steps.js';
import { sendingLimits } from '../../limits.js';
import { placeOf, PrintApiClient, type PrintApiParts } from './print-api-client.js';

const SILENCE = 'The server is silent: are port and the choice of a secure connection right?';

/** The way that documents take, step by step, as far as connecting goes (SKY-052): the account is not tried. */
export class PrintApiWay {
  private readonly client: PrintApiClient;
  private readonly outside: ConnectionSteps;

  constructor(parts: PrintApiParts) {
    this.client = new PrintApiClient(parts);
    const { settings, rules } = parts;
    const { address: host, ...trust } = placeOf(settings);
    this.outside = new ConnectionSteps({
      host, port: settings.port, rules, withinMs: eachWithin(sendingLimits.testStepMaxMs), silence: SILENCE,
      tls: settings.secure ? { ...trust, host } : 'No TLS, by choice: documents and the password can be read on their way.',
    });
  }

  get steps(): readonly Step<ConnectionStep | 'server'>[] {
    return [
      ...this.outside.steps,
      { name: 'server', withinMs: sendingLimits.testStepMaxMs, silence: SILENCE, run: () => this.recognise() },
    ];
  }

  async close(): Promise<void> {
    this.outside.close();
    this.client.close();
  }

  private async recognise(): Promise<Finding> {
    const { name, version } = await this.client.server();
    return passed(`It is the server ${name}, version ${version}. The account is tried when the settings are saved; the status says how that went.`);
  }
}
