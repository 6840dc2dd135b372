import type { Client } from 'ldapts';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { KeptConnections } from '../kept-connections.js';
import { bindLdap, closeLdap, connectLdap, type LdapPlace } from './ldap-connection.js';
import { isConnectionLost, ldapFailure } from './ldap-failure.js';

export interface LdapAccess extends LdapPlace {
  readonly bindDn: string;
  readonly password: () => string;
}

/** Connections on which the searching account is signed in. */
export class LdapPool {
  private readonly connections: KeptConnections<Client>;

  constructor(
    private readonly access: LdapAccess,
    private readonly rules: AddressRules,
  ) {
    this.connections = new KeptConnections({
      open: () => this.signedIn(), isOpen: (client) => client.isConnected, close: (client) => void closeLdap(client), isLost: isConnectionLost, waitMaxMs: access.timeoutMs,
    });
  }

  /** Throws a `Failure`, also when no connection becomes free in time. */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await this.connections.use(work);
    } catch (error) {
      throw ldapFailure(error);
    }
  }

  close(): void {
    this.connections.close();
  }

  private async signedIn(): Promise<Client> {
    const { bindDn, password } = this.access;
    const secret = bindDn === '' ? '' : password();
    const client = await connectLdap(this.access, this.rules);
    if (bindDn !== '') await bindLdap(client, bindDn, secret);
    return client;
  }
}
