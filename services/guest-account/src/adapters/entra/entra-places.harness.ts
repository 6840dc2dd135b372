import type { Agent } from 'node:https';
import { makeAgent } from '@inkpost/server-connection/https-exchange.js';
import { type EntraPermission, type EntraStandIn, startEntraStandIn } from '@inkpost/testkit/entra-stand-in/entra-stand-in.js';
import type { EntraTenant } from '@inkpost/testkit/entra-stand-in/entra-user.js';
import { type IdentityProvider, startIdentityProvider } from '@inkpost/testkit/identity-provider/identity-provider.js';
import type { EntraSettings } from '../../directories/entra-settings.js';
import { EntraDirectory } from './entra-directory.adapter.js';

/** A real OpenID provider in the shape of Entra, and a stand-in for Graph's users that takes its tokens. */
export class EntraPlaces {
  /** What the application was granted. */
  permissions: readonly EntraPermission[] = ['User.Read.All', 'GroupMember.Read.All'];
  private readonly agents: Agent[] = [];
  /** Tokens that the provider vouched for: Graph reads them by itself, without asking Entra. */
  private readonly good = new Set<string>();

  private constructor(
    readonly graph: EntraStandIn,
    readonly provider: IdentityProvider,
  ) {}

  static async start(tenant: EntraTenant, latencyMs = 0): Promise<EntraPlaces> {
    // Each needs the other's address: tokens are looked at once both stand.
    let places: EntraPlaces | undefined;
    const graph = await startEntraStandIn({ tenant, latencyMs, authorize: async (token) => places?.meaningOf(token) });
    const provider = await startIdentityProvider({ users: [], publicUrl: 'http://localhost:5780', graphUrl: graph.url });
    places = new EntraPlaces(graph, provider);
    return places;
  }

  settings(more: Partial<EntraSettings> = {}): EntraSettings {
    return {
      tenantId: this.provider.tenantId, clientId: this.provider.office365.clientId, signIn: 'secret', certificate: '', addressProperties: ['mail', 'proxyAddresses', 'userPrincipalName', 'otherMails'],
      loginProperty: 'userPrincipalName', externalUsers: false, timeoutMs: 3_000, cacheSeconds: 300, missCacheSeconds: 60, ...more,
    };
  }

  directory(more: Partial<EntraSettings> = {}, secret = this.provider.office365.clientSecret, trusted = `${this.provider.ca}${this.graph.ca}`): EntraDirectory {
    const agent = makeAgent(trusted);
    this.agents.push(agent);
    return new EntraDirectory({ directoryId: 'directory', settings: this.settings(more), secret: () => secret, places: { authority: this.provider.authority, graphUrl: this.graph.url, agent } });
  }

  async stop(): Promise<void> {
    for (const agent of this.agents) agent.destroy();
    await Promise.all([this.graph.stop(), this.provider.stop()]);
  }

  private async meaningOf(token: string): Promise<readonly EntraPermission[] | undefined> {
    if (!this.good.has(token)) {
      const answer = await fetch(`${new URL(this.provider.introspectionUrl).origin}/`, { method: 'POST', body: new URLSearchParams({ token }) });
      const { active, scope = '' } = (await answer.json()) as { readonly active: boolean; readonly scope?: string };
      if (!active || scope !== `${this.graph.url}/.default`) return undefined;
      this.good.add(token);
    }
    return this.permissions;
  }
}
