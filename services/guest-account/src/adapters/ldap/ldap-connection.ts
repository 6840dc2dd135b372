import type { Socket } from 'node:net';
import { Client } from 'ldapts';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { connectServer } from '@inkpost/server-connection/connect-server.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import { secureConnection } from '@inkpost/server-connection/secure-connection.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { ldapFailure } from './ldap-failure.js';
import { startTls } from './start-tls.js';

export type LdapPlace = Pick<LdapSettings, 'host' | 'port' | 'tls' | 'certificateAuthority' | 'timeoutMs'>;

/**
 * A connection to an LDAP server, secured as its settings say, with nobody signed in. Its operations are bounded by `timeoutMs`; it never
 * connects anew by itself. Throws a `Failure`.
 */
export async function connectLdap(place: LdapPlace, rules: AddressRules): Promise<Client> {
  const signal = AbortSignal.timeout(place.timeoutMs);
  try {
    const socket = await secured(await connectServer(place, rules, place.timeoutMs, signal), place, signal);
    return clientOn(socket, place.timeoutMs);
  } catch (error) {
    if (signal.aborted) throw fault('The server does not answer in time.', error);
    throw error;
  }
}

/** Signs in, and closes the connection where that fails. Throws a `Failure`. */
export async function bindLdap(client: Client, dn: string, password: string): Promise<void> {
  try {
    await client.bind(dn, password);
  } catch (error) {
    await closeLdap(client);
    throw ldapFailure(error);
  }
}

export async function closeLdap(client: Client): Promise<void> {
  await client.unbind().catch(() => undefined);
}

async function secured(socket: Socket, { host, tls, certificateAuthority }: LdapPlace, signal: AbortSignal): Promise<Socket> {
  socket.setNoDelay(true);
  if (tls === 'none') return socket;
  try {
    if (tls === 'starttls') await startTls(socket, signal);
    return await secureConnection(socket, { host, certificateAuthority }, signal);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

function clientOn(socket: Socket, timeoutMs: number): Client {
  let isTaken = false;
  return new Client({
    // The socket stands already, and in TLS where that was wished for: the client only speaks on it.
    url: 'ldap://connected', timeout: timeoutMs, connectTimeout: timeoutMs, strictDN: false,
    createConnection: () => {
      if (isTaken) throw new Error('Connection closed');
      isTaken = true;
      return socket;
    },
  });
}
