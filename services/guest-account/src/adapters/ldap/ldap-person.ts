import type { Entry } from 'ldapts';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { GROUPS_OF_PERSON_MAX, NAME_LENGTH_MAX } from '../../limits.js';
import type { DirectoryPerson } from '../../ports/directory.port.js';
import { visibleLine } from '../../visible-line.js';
import { accountIdOf } from '../account-id.js';
import { normalAddresses } from '../address-texts.js';

type PersonAttributes = Pick<LdapSettings, 'mailAttributes' | 'loginAttribute' | 'nameAttribute' | 'languageAttribute' | 'groupAttribute' | 'identityAttribute'>;

/** By which Active Directory, the 389 server and OpenLDAP's password policy say that an administrator disabled an account. A server that knows them not leaves them out. */
const DISABLED_ATTRIBUTES = ['userAccountControl', 'nsAccountLock', 'pwdAccountLockedTime'] as const;
/** ADS_UF_ACCOUNTDISABLE. */
const ACCOUNT_DISABLED = 0x2;
/** "Locked until an administrator unlocks it" (draft-behera-ldap-password-policy-11, 5.3.3). */
const LOCKED_FOR_GOOD = '000001010000Z';

/** What is asked of a person's entry. */
export function attributesOf({ mailAttributes, loginAttribute, nameAttribute, languageAttribute, groupAttribute, identityAttribute }: PersonAttributes): string[] {
  return [...new Set([...mailAttributes, loginAttribute, nameAttribute, languageAttribute, groupAttribute, identityAttribute, ...DISABLED_ATTRIBUTES].filter((name) => name !== ''))];
}

/** Entry -> person. Throws `CauseDown` where the entry doesn't show what identifies it: a person must not become another one by it. */
export function toPerson(entry: Entry, settings: PersonAttributes, directoryId: string): DirectoryPerson {
  const addresses = normalAddresses(settings.mailAttributes.map((attribute) => valuesOf(entry, attribute)));
  const login = valuesOf(entry, settings.loginAttribute)[0] ?? '';
  return {
    accountId: accountIdOf(directoryId, identityOf(entry, settings.identityAttribute)),
    reference: entry.dn,
    login: visibleLine(login, NAME_LENGTH_MAX),
    displayName: visibleLine(valuesOf(entry, settings.nameAttribute)[0] ?? login, NAME_LENGTH_MAX),
    addresses,
    language: settings.languageAttribute === '' ? '' : (valuesOf(entry, settings.languageAttribute)[0] ?? ''),
    locked: isDisabled(entry),
    ...(settings.groupAttribute === '' ? {} : { groups: groupsNamedIn(entry, settings.groupAttribute) }),
  };
}

/** The groups that an entry itself names, in the order of the alphabet. */
export function groupsNamedIn(entry: Entry, attribute: string): string[] {
  return tidyGroups(valuesOf(entry, attribute).map(firstName));
}

/** Each once, of many the first. */
export function tidyGroups(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted().slice(0, GROUPS_OF_PERSON_MAX);
}

/** `Print users` of `cn=Print users,ou=groups,dc=example,dc=org` (RFC 4514, 2.4). */
export function firstName(dn: string): string {
  const value = /^[^=]+=((?:\\.|[^\\,+])*)/s.exec(dn)?.[1] ?? dn;
  return value.replaceAll(/\\([^0-9a-f]|[0-9a-f]{2})/gi, (_, escaped: string) => (escaped.length === 2 ? String.fromCharCode(Number.parseInt(escaped, 16)) : escaped));
}

/** Not who is locked for a time after wrong passwords: else anybody could stop somebody's printing by guessing. */
function isDisabled(entry: Entry): boolean {
  const [control, locked, lockedSince] = DISABLED_ATTRIBUTES.map((attribute) => valuesOf(entry, attribute)[0] ?? '');
  return (Number(control) & ACCOUNT_DISABLED) !== 0 || locked?.toLowerCase() === 'true' || lockedSince === LOCKED_FOR_GOOD;
}

/** An attribute's values as texts, whatever case the server writes its name in (RFC 4512, 2.5). */
export function valuesOf(entry: Entry, attribute: string): string[] {
  return rawValues(entry, attribute).map(String);
}

/** Binary ones too: objectGUID. */
function identityOf(entry: Entry, attribute: string): string {
  if (attribute === '') return entry.dn.toLowerCase();
  const [value] = rawValues(entry, attribute);
  if (value === undefined) throw fault(`Entries show no ${attribute}: let the account that searches read it, or choose another identityAttribute.`);
  return Buffer.from(value).toString('base64');
}

function rawValues(entry: Entry, attribute: string): (string | Buffer)[] {
  const name = Object.keys(entry).find((key) => key.toLowerCase() === attribute.toLowerCase());
  return name === undefined ? [] : [entry[name] ?? []].flat();
}
