import { fault } from '@inkpost/server-connection/run-steps.js';
import type { AddressProperty, EntraSettings } from '../../directories/entra-settings.js';
import { NAME_LENGTH_MAX } from '../../limits.js';
import type { DirectoryPerson } from '../../ports/directory.port.js';
import { visibleLine } from '../../visible-line.js';
import { accountIdOf } from '../account-id.js';
import { normalAddresses, spellings } from '../address-texts.js';
import { member, textIn } from './json-exchange.js';

/** What is asked of a user. */
export const USER_PROPERTIES = [
  'id', 'displayName', 'mail', 'proxyAddresses', 'userPrincipalName', 'otherMails', 'mailNickname', 'onPremisesSamAccountName', 'employeeId', 'preferredLanguage', 'accountEnabled', 'userType',
].join(',');

/** `mail eq 'ada@example.org' or …`: whoever has the address in one of the properties, in the form of either alphabet. */
export function filterByAddress(properties: readonly AddressProperty[], address: string): string {
  return spellings(address).flatMap((spelling) => properties.map((property) => clause(property, spelling))).join(' or ');
}

/** `userPrincipalName eq 'ada@example.org'` */
export function equality(property: string, value: string): string {
  return `${property} eq ${literal(value)}`;
}

/** Whether somebody is only a guest of the tenant. */
export function isExternal(user: unknown): boolean {
  return textIn(user, 'userType') === 'Guest';
}

/** User -> person. Throws `CauseDown` where Graph doesn't show what decides. */
export function toPerson(user: unknown, { addressProperties, loginProperty }: Pick<EntraSettings, 'addressProperties' | 'loginProperty'>, directoryId: string): DirectoryPerson {
  const [id, accountEnabled] = [textIn(user, 'id'), member(user, 'accountEnabled')];
  if (id === '' || typeof accountEnabled !== 'boolean') {
    throw fault('Microsoft Graph doesn\'t show whether accounts are enabled: the application needs the application permission User.Read.All, with admin consent, and not User.ReadBasic.All alone.');
  }
  const login = textIn(user, loginProperty) || textIn(user, 'userPrincipalName');
  return {
    accountId: accountIdOf(directoryId, id), reference: id, login: visibleLine(login, NAME_LENGTH_MAX), displayName: visibleLine(textIn(user, 'displayName') || login, NAME_LENGTH_MAX),
    addresses: normalAddresses(addressProperties.map((property) => textsIn(user, property))), language: textIn(user, 'preferredLanguage'), locked: !accountEnabled,
  };
}

function clause(property: AddressProperty, address: string): string {
  switch (property) {
    case 'proxyAddresses':
      // The main one is written with capitals.
      return ['smtp', 'SMTP'].map((kind) => `proxyAddresses/any(p:p eq ${literal(`${kind}:${address}`)})`).join(' or ');
    case 'otherMails':
      return `otherMails/any(m:m eq ${literal(address)})`;
    case 'mail':
    case 'userPrincipalName':
    default:
      return equality(property, address);
  }
}

/** A text in a filter, whatever it holds (OData 4.01, ABNF: SQUOTE-in-string). */
function literal(text: string): string {
  return `'${text.replaceAll('\'', '\'\'')}'`;
}

function textsIn(user: unknown, property: AddressProperty): string[] {
  return [member(user, property)].flat().filter((value) => typeof value === 'string');
}
