import { CauseDown } from '@inkpost/failure/failure.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import { SAID_CHARACTERS_MAX } from '../../limits.js';
import { type JsonAnswer, member, textIn } from './json-exchange.js';

const SECRETS = 'in the Entra admin center under App registrations, Certificates & secrets';

/** "Microsoft Entra authentication & authorization error codes": those that an application without a person meets. */
const MEANINGS: Readonly<Record<number, string>> = {
  7000215: `Entra ID says that the client secret is wrong. Give the secret's value, not its ID; who doesn't have it any more makes a new one ${SECRETS}.`,
  7000222: `The client secret has expired. Make a new one ${SECRETS}, and give it to this directory.`,
  7000216: 'Entra ID wants a client secret or a certificate and takes neither. Set the directory\'s signIn anew.',
  700027: `Entra ID doesn't take the application's certificate: it is not, or no longer, among those ${SECRETS}. Upload the one that this directory has.`,
  7000219: 'The key of the application\'s certificate is too short for Entra ID: make one of 2,048 bits or more.',
  700016: 'Entra ID knows no application with this client ID in this tenant. Compare clientId and tenantId with the overview of the app registration.',
  7000112: 'The application is disabled in Entra ID. Enable it under Enterprise applications, Properties.',
  90002: 'Entra ID knows no such tenant. Compare tenantId with the overview of the app registration, and INKPOST_OFFICE365_AUTHORITY with the cloud that the tenant is in.',
  900023: 'Entra ID knows no such tenant. Compare tenantId with the overview of the app registration.',
  500011: 'The tenant knows no Microsoft Graph at the address of this installation. Compare INKPOST_GRAPH_URL with the cloud that the tenant is in.',
  53003: 'A policy of conditional access for workload identities blocks the application. Exclude it, or allow the address of this server.',
};

/** Why Entra ID grants no token, in a sentence to act on. None is final: what is wrong in a tenant can be put right. */
export function tokenRefused({ status, json }: JsonAnswer, host: string): CauseDown {
  if (status >= 500 || status === 429) return refusal(`Entra ID (${host}) is in trouble: it answers with ${status}.`, status, 0);
  const [error, description] = [textIn(json, 'error'), textIn(json, 'error_description')];
  if (error === '') return refusal(`${host} does not answer as Entra ID does: is INKPOST_OFFICE365_AUTHORITY right, and is no proxy between?`, status, 0);
  const code = codeIn(json, description);
  const known = MEANINGS[code];
  if (known !== undefined) return refusal(`${known.replace(/\.$/, '')} (AADSTS${code}).`, status, code);
  // What follows is for Microsoft.
  const said = shownText(description.split(/\s*(?:Trace ID|\r?\n)/)[0] ?? '', SAID_CHARACTERS_MAX);
  return refusal(`Entra ID refuses the application: ${said || error} (${error}).`, status, code);
}

function codeIn(json: unknown, description: string): number {
  const codes = member(json, 'error_codes');
  const [listed] = Array.isArray(codes) ? codes.filter((code) => typeof code === 'number') : [];
  return listed ?? Number(/AADSTS(\d+)/.exec(description)?.[1] ?? 0);
}

function refusal(text: string, status: number, aadsts: number): CauseDown {
  return new CauseDown('server.fault', text, { fields: { status, aadsts } });
}
