import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { DirectorySettings as WireSettings } from '@inkpost/contracts/admin/v1/directories_pb.js';
import { parseCertificate } from '@inkpost/server-connection/server-fields.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import { PASSWORD_LENGTH_MAX, PRIVATE_KEY_LENGTH_MAX, RSA_BITS_MIN } from '../limits.js';
import type { KindSettings, StoredDirectory } from './directory.js';
import type { EntraSettings } from './entra-settings.js';
import type { LdapSettings } from './ldap-settings.js';
import type { SqlSettings } from './sql-settings.js';

export interface CheckedSecret {
  /** Given anew. */
  readonly password: string | undefined;
  /** What is stored stays. */
  readonly keepsPassword: boolean;
}

const NONE: CheckedSecret = { password: undefined, keepsPassword: false };

/** The secret that goes with settings: given, or kept where it may be. `changed`: the directory before. Throws invalid-argument that names the field. */
export function checkSecret(settings: KindSettings, wire: WireSettings, changed: StoredDirectory | undefined): CheckedSecret {
  const { kind } = settings;
  switch (kind) {
    case 'ldap':
      if (settings.bindDn === '' && wire.ldap?.password) throw invalidField('ldap.bindDn', 'is missing: whose password is it?');
      if (settings.bindDn === '') return NONE;
      return givenPassword('ldap.password', wire.ldap?.password) ?? kept('ldap.password', 'server, port, TLS, certificate authority or bindDn', changed, (before) => before.kind === kind && isSameBind(before, settings));
    case 'sql':
      return givenPassword('sql.password', wire.sql?.password) ?? kept('sql.password', 'engine, server, port, TLS, certificate authority or user', changed, (before) => before.kind === kind && isSameUser(before, settings));
    case 'entra':
      return checkEntraSecret(settings, wire, changed);
    case 'local':
    case 'guests':
    case 'meta':
    default:
      return NONE;
  }
}

function checkEntraSecret(settings: EntraSettings & { readonly kind: 'entra' }, { entra }: WireSettings, changed: StoredDirectory | undefined): CheckedSecret {
  const isSame = (before: KindSettings): boolean => before.kind === 'entra' && isSameApplication(before, settings);
  if (settings.signIn === 'secret') {
    if (entra?.privateKey) throw invalidField('entra.privateKey', 'is for signIn certificate; leave it out');
    return givenPassword('entra.clientSecret', entra?.clientSecret) ?? kept('entra.clientSecret', 'tenantId, clientId or signIn', changed, isSame);
  }
  if (entra?.clientSecret) throw invalidField('entra.clientSecret', 'is for signIn secret; leave it out');
  if (entra?.privateKey === undefined) return kept('entra.privateKey', 'tenantId, clientId, signIn or certificate', changed, isSame);
  return { password: checkPrivateKey(entra.privateKey.trim(), settings.certificate), keepsPassword: false };
}

function checkPrivateKey(pem: string, certificate: string): string {
  const key = pem.length > PRIVATE_KEY_LENGTH_MAX ? undefined : parsePrivateKey(pem);
  if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < RSA_BITS_MIN) {
    throw invalidField('entra.privateKey', `must be an RSA private key of at least ${RSA_BITS_MIN} bits in PEM form, without a passphrase`);
  }
  if (!parseCertificate(certificate)?.checkPrivateKey(key)) throw invalidField('entra.privateKey', 'must be the key of entra.certificate');
  return pem;
}

function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

function givenPassword(field: string, password: string | undefined): CheckedSecret | undefined {
  if (password === undefined) return undefined;
  if (password === '' || password.length > PASSWORD_LENGTH_MAX || password.includes('\u0000')) throw invalidField(field, `must have 1 to ${PASSWORD_LENGTH_MAX} characters`);
  return { password, keepsPassword: false };
}

/** Whoever may change settings but doesn't know the secret could else have it sent to a server of his own. */
function kept(field: string, parts: string, changed: StoredDirectory | undefined, isSame: (before: KindSettings) => boolean): CheckedSecret {
  if (changed?.sealedPassword == null) throw invalidField(field, 'is missing');
  if (!isSame(changed.settings)) throw invalidField(field, `must be given again when ${parts} change`);
  return { password: undefined, keepsPassword: true };
}

type Server = Pick<LdapSettings, 'host' | 'port' | 'certificateAuthority'> & { readonly tls: string };

function isSameServer(before: Server, after: Server): boolean {
  // On the same port, more safety than before is no other server.
  const isSameTls = before.tls === after.tls || before.tls === 'none';
  return before.host === after.host && before.port === after.port && isSameTls && before.certificateAuthority === after.certificateAuthority;
}

function isSameBind(before: LdapSettings, after: LdapSettings): boolean {
  return isSameServer(before, after) && before.bindDn === after.bindDn;
}

function isSameUser(before: SqlSettings, after: SqlSettings): boolean {
  return isSameServer(before, after) && before.engine === after.engine && before.user === after.user;
}

function isSameApplication(before: EntraSettings, after: EntraSettings): boolean {
  return before.tenantId === after.tenantId && before.clientId === after.clientId && before.signIn === after.signIn && before.certificate === after.certificate;
}
