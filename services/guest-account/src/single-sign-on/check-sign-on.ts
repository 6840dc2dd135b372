import type { SingleSignOnSettings as WireSettings } from '@inkpost/contracts/admin/v1/single_sign_on_pb.js';
import { parseDomain } from '@inkpost/mail-address/mail-address.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { checkLine } from '../check-line.js';
import { checkAuthority } from '../directories/check-server.js';
import { type DirectoryConfiguration } from '../directories/directory.js';
import { CLAIM_LENGTH_MAX, CLIENT_ID_LENGTH_MAX, CLIENT_SECRET_LENGTH_MAX, ISSUER_LENGTH_MAX, SCOPES_MAX, SIGN_ON_NAME_LENGTH_MAX } from '../limits.js';
import type { SignOnSettings } from './sign-on-settings.js';

/** RFC 6749, 3.3. */
const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]{1,200}$/;

export interface CheckedSignOn {
  readonly settings: SignOnSettings;
  /** Undefined: the stored one stays. */
  readonly clientSecret: string | undefined;
}

/** `stored`: as it is now. Throws invalid-argument that names the field. */
export function checkSignOn(wire: WireSettings | undefined, { directories }: Pick<DirectoryConfiguration, 'directories'>, stored: SignOnSettings | undefined): CheckedSignOn {
  if (!wire) throw invalidField('settings', 'is missing');
  const clientAuthentication = (['basic', 'post'] as const).find((choice) => choice === wire.clientAuthentication);
  if (!clientAuthentication) throw invalidField('clientAuthentication', 'must be one of basic, post');
  const directory = directories.find(({ directoryId }) => directoryId === wire.directoryId);
  if (!directory || directory.settings.kind === 'meta') throw invalidField('directoryId', 'must be the identifier of a directory, not of META: that of the people who sign in there');
  const settings: SignOnSettings = {
    enabled: wire.enabled, clientAuthentication, directoryId: directory.directoryId,
    name: someText('name', wire.name, SIGN_ON_NAME_LENGTH_MAX), issuer: checkIssuer(wire.issuer), clientId: someText('clientId', wire.clientId, CLIENT_ID_LENGTH_MAX),
    scopes: checkScopes(wire.scopes),
    loginClaim: someText('loginClaim', wire.loginClaim, CLAIM_LENGTH_MAX), loginDomain: checkDomain(wire.loginDomain),
    groupsClaim: checkLine('groupsClaim', wire.groupsClaim, CLAIM_LENGTH_MAX), certificateAuthority: checkAuthority('certificateAuthority', wire.certificateAuthority),
  };
  return { settings, clientSecret: checkSecret(wire.clientSecret, settings, stored) };
}

/** A secret goes to nobody but the server that it was given for: who changes the server must have it. */
function checkSecret(secret: string | undefined, { issuer, clientId }: SignOnSettings, stored: SignOnSettings | undefined): string | undefined {
  if (secret !== undefined && secret !== '') {
    if (secret.length > CLIENT_SECRET_LENGTH_MAX) throw invalidField('clientSecret', `must have at most ${CLIENT_SECRET_LENGTH_MAX} characters`);
    return secret;
  }
  if (stored?.issuer === issuer && stored.clientId === clientId) return undefined;
  throw invalidField('clientSecret', stored ? 'must be given with another issuer or clientId' : 'is missing: the sign-in server shows it where the client is registered');
}

function checkIssuer(text: string): string {
  const issuer = checkLine('issuer', text, ISSUER_LENGTH_MAX);
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  // OpenID Connect Discovery, 3: no query, no fragment.
  if (url?.protocol !== 'https:' || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') {
    throw invalidField('issuer', 'must be the address that the sign-in server calls itself, such as https://login.example.org/realms/staff, without what comes after ? or #');
  }
  return issuer;
}

function checkScopes(scopes: readonly string[]): string[] {
  const wrong = scopes.findIndex((scope) => !SCOPE.test(scope));
  if (wrong >= 0) throw invalidField(`scopes[${wrong}]`, 'must be a scope such as profile');
  const all = [...new Set(['openid', ...scopes])];
  if (all.length > SCOPES_MAX) throw invalidField('scopes', `must be at most ${SCOPES_MAX}`);
  return all;
}

function checkDomain(text: string): string {
  if (text.trim() === '') return '';
  const domain = parseDomain(text.trim());
  if (domain === undefined) throw invalidField('loginDomain', 'must be a domain such as example.org, or empty');
  return domain;
}

function someText(field: string, text: string, lengthMax: number): string {
  const line = checkLine(field, text, lengthMax);
  if (line === '') throw invalidField(field, 'must not be empty');
  return line;
}
