import { X509Certificate } from 'node:crypto';
import { fault, type Finding, passed } from '@inkpost/server-connection/run-steps.js';
import type { EntraSettings } from '../../directories/entra-settings.js';
import { CERTIFICATE_WARNED_BEFORE_DAYS, TEST_COUNT_MAX_MS, TEST_STEP_MAX_MS } from '../../limits.js';
import type { WayToDirectory } from '../../ports/directory.port.js';
import { toPerson, USER_PROPERTIES } from './entra-person.js';
import type { EntraToken } from './entra-token.js';
import type { GraphClient } from './graph-client.js';
import { GraphRefused } from './graph-refusal.js';

/** Takes the way that every question takes: a token of Entra ID, then Graph. */
export function entraWay(settings: EntraSettings, token: EntraToken, graph: GraphClient): WayToDirectory {
  return {
    steps: [
      { name: 'sign-in', withinMs: TEST_STEP_MAX_MS, silence: 'Does this server reach the internet, port 443 of INKPOST_OFFICE365_AUTHORITY?', run: () => signIn(settings, token) },
      { name: 'people', withinMs: TEST_COUNT_MAX_MS, silence: 'Does this server reach the internet, port 443 of INKPOST_GRAPH_URL?', run: () => countPeople(settings, graph) },
    ],
    close: async () => undefined,
  };
}

async function signIn({ clientId, tenantId, signIn: kind, certificate }: EntraSettings, token: EntraToken): Promise<Finding> {
  // A new one: the one that is kept says nothing about the secret of today.
  await token.current(await token.current());
  const expiry = kind === 'certificate' ? certificateNote(new X509Certificate(certificate), new Date()) : '';
  return passed(`Entra ID lets the application ${clientId} of the tenant ${tenantId} in.${expiry}`);
}

function certificateNote({ validTo }: X509Certificate, now: Date): string {
  const until = new Date(validTo);
  const soon = until.getTime() - now.getTime() < CERTIFICATE_WARNED_BEFORE_DAYS * 86_400_000 ? ', soon: make another one, upload it to the app registration and give it to this directory' : '';
  return ` Its certificate is valid until ${until.toISOString().slice(0, 10)}${soon}.`;
}

async function countPeople(settings: EntraSettings, graph: GraphClient): Promise<Finding> {
  try {
    const { values: [first], count = 0 } = await graph.list('/users', { $select: USER_PROPERTIES, $top: '1', $count: 'true' });
    if (first === undefined) throw fault('There is nobody in the tenant, or nobody whom the application may read: it needs the application permission User.Read.All, with admin consent.');
    // Shows whether what decides may be read.
    toPerson(first, settings, '');
    return passed(`${count} ${count === 1 ? 'person' : 'people'} in the tenant, external users among them.`);
  } catch (error) {
    throw error instanceof GraphRefused ? error.asFailure() : error;
  }
}
