import type { SlapdServer } from '@inkpost/testkit/slapd-server.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { LdapDirectory } from './ldap-directory.adapter.js';

/** Settings that work for a server of the test kit, over LDAPS. */
export function settingsFor(server: SlapdServer, more: Partial<LdapSettings> = {}): LdapSettings {
  return {
    host: 'localhost', port: server.securePort, tls: 'implicit', certificateAuthority: server.ca, bindDn: server.serviceDn, baseDn: server.suffix,
    peopleFilter: '(objectClass=inetOrgPerson)', addressFilter: '', mailAttributes: ['mail', 'proxyAddresses', 'mailAlternateAddress'],
    loginAttribute: 'uid', nameAttribute: 'displayName', languageAttribute: 'preferredLanguage', groupAttribute: 'memberOf', identityAttribute: 'entryUUID',
    timeoutMs: 3_000, cacheSeconds: 300, missCacheSeconds: 60, ...more,
  };
}

export function directoryOn(server: SlapdServer, more: Partial<LdapSettings> = {}, password = server.servicePassword): LdapDirectory {
  return new LdapDirectory({ directoryId: 'directory', settings: settingsFor(server, more), password: () => password, rules: { linkLocalAllowed: false } });
}
