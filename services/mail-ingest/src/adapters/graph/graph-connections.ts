import { Defect } from '@inkpost/failure/failure.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { GraphClient, type GraphPauses } from './graph-client.js';
import { makeAgent } from '@inkpost/server-connection/https-exchange.js';

export interface GraphConnection {
  readonly client: GraphClient;
  readonly ended: AbortSignal;
  /** Ends all that is under way. */
  readonly close: () => void;
}

/** The way to the installation's Graph, which all mailboxes share: kept connections, and the pauses that Graph wants. */
export class GraphConnections {
  private readonly shared;
  private readonly pauses: GraphPauses = new Map();

  /** `baseUrl`: such as https://graph.microsoft.com; `certificateAuthority`: PEM, trusted besides the system's authorities, empty for none. */
  constructor(
    private readonly baseUrl: string,
    private readonly certificateAuthority: string,
  ) {
    this.shared = makeAgent(certificateAuthority);
  }

  connect(access: SourceAccess, silenceMaxMs: number): GraphConnection {
    const { signIn, user, trace } = access;
    if (signIn.kind !== 'token') throw new Defect('mailbox.graph-without-token', 'Microsoft Graph is signed in to with a token only.');
    const ending = new AbortController();
    const own = access.certificateAuthority === '' ? undefined : makeAgent(this.certificateAuthority, access.certificateAuthority);
    const client = new GraphClient({
      baseUrl: this.baseUrl, pauses: this.pauses, agent: own ?? this.shared, account: { address: user, access: signIn.access }, accessToken: signIn.accessToken, signal: ending.signal, silenceMaxMs, trace,
    });
    const close = (): void => {
      ending.abort();
      own?.destroy();
    };
    return { client, ended: ending.signal, close };
  }
}
