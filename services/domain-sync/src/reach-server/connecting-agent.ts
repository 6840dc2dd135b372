import { Agent, type AgentOptions } from 'node:https';

/**
 * Connections that do not come about in time are given up. Where nothing answers, the system tries again after 1, 3, 7, 15, 31 … seconds: a server that is reached again would
 * wait for the next of these, while a new connection is tried at once.
 */
export class ConnectingAgent extends Agent {
  constructor(
    options: AgentOptions,
    private readonly connectMs: number,
  ) {
    super(options);
  }

  override createConnection(...args: Parameters<Agent['createConnection']>): ReturnType<Agent['createConnection']> {
    const socket = super.createConnection(...args);
    const timer = setTimeout(() => socket?.destroy(new Error(`no connection within ${this.connectMs / 1_000} s`)), this.connectMs);
    for (const event of ['secureConnect', 'close']) socket?.once(event, () => clearTimeout(timer));
    return socket;
  }
}
