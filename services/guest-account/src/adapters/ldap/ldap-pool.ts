import type { Client } from 'ldapts';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { LDAP_CONNECTIONS_MAX, LDAP_IDLE_MAX_MS } from '../../limits.js';
import { bindLdap, closeLdap, connectLdap, type LdapPlace } from './ldap-connection.js';
import { isConnectionLost, ldapFailure } from './ldap-failure.js';

export interface LdapAccess extends LdapPlace {
  readonly bindDn: string;
  readonly password: () => string;
}

interface Idle {
  readonly client: Client;
  readonly since: number;
}

/** A few connections on which the searching account is signed in; each does one thing at a time, and one that is lost is replaced. */
export class LdapPool {
  private readonly idle: Idle[] = [];
  private readonly waiting: (() => void)[] = [];
  private open = 0;
  private closed = false;

  constructor(
    private readonly access: LdapAccess,
    private readonly rules: AddressRules,
  ) {}

  /** Throws a `Failure`, also when no connection becomes free in time. */
  async use<T>(work: (client: Client) => Promise<T>): Promise<T> {
    await this.takePlace();
    try {
      const kept = this.takeIdle();
      if (!kept) return await this.useNew(work);
      // The server may have closed it while it was idle.
      return await this.run(kept, work).catch((error: unknown) => {
        if (isConnectionLost(error)) return this.useNew(work);
        throw error;
      });
    } catch (error) {
      throw ldapFailure(error);
    } finally {
      this.open -= 1;
      this.waiting.shift()?.();
    }
  }

  close(): void {
    this.closed = true;
    for (const { client } of this.idle.splice(0)) void closeLdap(client);
  }

  private async useNew<T>(work: (client: Client) => Promise<T>): Promise<T> {
    const { bindDn, password } = this.access;
    const secret = bindDn === '' ? '' : password();
    const client = await connectLdap(this.access, this.rules);
    if (bindDn !== '') await bindLdap(client, bindDn, secret);
    return this.run(client, work);
  }

  private async run<T>(client: Client, work: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await work(client);
    } finally {
      if (client.isConnected && !this.closed) this.idle.push({ client, since: performance.now() });
      else void closeLdap(client);
    }
  }

  private takeIdle(): Client | undefined {
    const now = performance.now();
    for (let found = this.idle.pop(); found; found = this.idle.pop()) {
      if (found.client.isConnected && now - found.since < LDAP_IDLE_MAX_MS) return found.client;
      void closeLdap(found.client);
    }
    return undefined;
  }

  private async takePlace(): Promise<void> {
    if (this.open < LDAP_CONNECTIONS_MAX) {
      this.open += 1;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const free = (): void => resolve(true);
    const timer = setTimeout(() => resolve(false), this.access.timeoutMs);
    this.waiting.push(free);
    const isFree = await promise;
    clearTimeout(timer);
    if (!isFree) {
      this.waiting.splice(this.waiting.indexOf(free), 1);
      throw fault('All connections to the server are waiting for its answers.');
    }
    this.open += 1;
  }
}
