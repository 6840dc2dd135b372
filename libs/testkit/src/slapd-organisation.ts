export const SERVICE_PASSWORD = 'service password';

export interface OrganisationPerson {
  readonly uid: string;
  readonly name: string;
  /** The first in `mail`. */
  readonly mail?: readonly string[];
  /** As Microsoft writes them: `SMTP:main@…`, `smtp:other@…`, `x500:…`. */
  readonly proxyAddresses?: readonly string[];
  readonly mailAlternateAddress?: readonly string[];
  readonly language?: string;
  readonly employeeType?: string;
  readonly password?: string;
}

export interface Organisation {
  /** `dc=alpha,dc=example` */
  readonly suffix: string;
  readonly people: readonly OrganisationPerson[];
  /** Name -> members' uids; a group has one at least. */
  readonly groups?: Readonly<Record<string, readonly string[]>>;
}

/** So many people `user0@<domain>`, …, for searches in large directories. */
export function crowd(domain: string, count: number): OrganisationPerson[] {
  return Array.from({ length: count }, (_, index) => ({ uid: `user${index}`, name: `User ${index}`, mail: [`user${index}@${domain}`] }));
}

/** The whole tree, with an account that reads it. */
export function toLdif({ suffix, people, groups = {} }: Organisation): string {
  const domain = /^dc=([^,]+)/.exec(suffix)?.[1] ?? '';
  const entries = [
    { dn: suffix, objectClass: ['dcObject', 'organization'], o: [domain], dc: [domain] },
    { dn: `cn=inkpost,${suffix}`, objectClass: ['organizationalRole', 'simpleSecurityObject'], cn: ['inkpost'], userPassword: [SERVICE_PASSWORD] },
    { dn: `ou=people,${suffix}`, objectClass: ['organizationalUnit'], ou: ['people'] },
    { dn: `ou=groups,${suffix}`, objectClass: ['organizationalUnit'], ou: ['groups'] },
    ...people.map((person) => ({
      dn: entryName(person.uid, suffix), objectClass: ['inetOrgPerson', 'mailPerson'], uid: [person.uid], cn: [person.name], sn: [person.name], displayName: [person.name],
      mail: person.mail ?? [], proxyAddresses: person.proxyAddresses ?? [], mailAlternateAddress: person.mailAlternateAddress ?? [],
      preferredLanguage: person.language === undefined ? [] : [person.language], employeeType: person.employeeType === undefined ? [] : [person.employeeType],
      userPassword: person.password === undefined ? [] : [person.password],
      memberOf: Object.entries(groups).flatMap(([name, members]) => (members.includes(person.uid) ? [`cn=${name},ou=groups,${suffix}`] : [])),
    })),
    ...Object.entries(groups).map(([name, members]) => ({
      dn: `cn=${name},ou=groups,${suffix}`, objectClass: ['groupOfNames'], cn: [name], member: members.map((uid) => entryName(uid, suffix)),
    })),
  ];
  return entries.map(toRecord).join('\n');
}

/** RFC 4514, 2.4. */
function entryName(uid: string, suffix: string): string {
  return `uid=${uid.replaceAll(/["+,;<=>\\]/g, String.raw`\$&`)},ou=people,${suffix}`;
}

/** RFC 2849, every value in base64: whatever it holds. */
function toRecord({ dn, ...attributes }: { readonly dn: string } & Readonly<Record<string, string | readonly string[]>>): string {
  const lines = Object.entries(attributes).flatMap(([name, values]) => [values].flat().map((value) => `${name}:: ${Buffer.from(value).toString('base64')}\n`));
  return `dn:: ${Buffer.from(dn).toString('base64')}\n${lines.join('')}`;
}
