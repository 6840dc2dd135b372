import { createHash } from 'node:crypto';
import type { Entry } from 'ldapts';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { fault } from '@inkpost/server-connection/run-steps.js';
import type { LdapSettings } from '../../directories/ldap-settings.js';
import { ADDRESSES_OF_PERSON_MAX, NAME_LENGTH_MAX } from '../../limits.js';
import type { DirectoryPerson } from '../../ports/directory.port.js';
import { visibleLine } from '../../visible-line.js';

type PersonAttributes = Pick<LdapSettings, 'mailAttributes' | 'loginAttribute' | 'nameAttribute' | 'languageAttribute' | 'identityAttribute'>;

/** What is asked of a person's entry. */
export function attributesOf({ mailAttributes, loginAttribute, nameAttribute, languageAttribute, identityAttribute }: PersonAttributes): string[] {
  return [...new Set([...mailAttributes, loginAttribute, nameAttribute, languageAttribute, identityAttribute].filter((name) => name !== ''))];
}

/** Entry -> person. Throws `CauseDown` where the entry doesn't show what identifies it: a person must not become another one by it. */
export function toPerson(entry: Entry, settings: PersonAttributes, directoryId: string): DirectoryPerson {
  const addresses = addressesOf(settings.mailAttributes.map((attribute) => valuesOf(entry, attribute)));
  const login = valuesOf(entry, settings.loginAttribute)[0] ?? '';
  return {
    accountId: accountIdOf(directoryId, identityOf(entry, settings.identityAttribute)),
    reference: entry.dn,
    login: visibleLine(login, NAME_LENGTH_MAX),
    displayName: visibleLine(valuesOf(entry, settings.nameAttribute)[0] ?? login, NAME_LENGTH_MAX),
    addresses,
    language: settings.languageAttribute === '' ? '' : (valuesOf(entry, settings.languageAttribute)[0] ?? ''),
    locked: false,
  };
}

/** An attribute's values as texts, whatever case the server writes its name in (RFC 4512, 2.5). */
export function valuesOf(entry: Entry, attribute: string): string[] {
  return rawValues(entry, attribute).map(String);
}

/** In normal form, each once: of each attribute first what it calls its main address (`SMTP:`), then the others. */
function addressesOf(attributes: readonly (readonly string[])[]): string[] {
  const texts = attributes.flatMap((values) => values.toSorted((one, other) => Number(other.startsWith('SMTP:')) - Number(one.startsWith('SMTP:'))));
  const addresses = texts.map((text) => parseMailAddress(text.trim().replace(/^smtp:/i, ''))?.text).filter((address) => address !== undefined);
  return [...new Set(addresses)].slice(0, ADDRESSES_OF_PERSON_MAX);
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

/** A UUID of its own making (RFC 9562, 5.8): the same for the same person of the same directory, here and on every replica. */
function accountIdOf(directoryId: string, identity: string): string {
  const hash = createHash('sha256').update(`${directoryId}\n${identity}`).digest();
  hash[6] = (hash.readUInt8(6) & 0x0f) | 0x80;
  hash[8] = (hash.readUInt8(8) & 0x3f) | 0x80;
  return hash.subarray(0, 16).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
