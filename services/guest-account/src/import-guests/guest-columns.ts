/** What a line of an import can say of a guest. */
export const GUEST_COLUMNS = [
  'login', 'name', 'addresses', 'password', 'pin', 'card', 'group', 'code', 'company', 'visitedPerson', 'validFrom', 'validUntil', 'locked', 'language', 'note',
] as const;
export type GuestColumn = (typeof GUEST_COLUMNS)[number];

/** As the vendor's lists and people name them (V-02), without accents, spaces and signs. */
const OTHER_NAMES: Readonly<Record<string, GuestColumn>> = {
  identifiant: 'login', user: 'login', username: 'login',
  fullname: 'name', displayname: 'name', nom: 'name', nomcomplet: 'name',
  address: 'addresses', email: 'addresses', emails: 'addresses', mail: 'addresses', emailaddress: 'addresses', adresse: 'addresses', courriel: 'addresses', adressemail: 'addresses', adresseemail: 'addresses',
  motdepasse: 'password',
  pincode: 'pin', codepin: 'pin',
  cardnumber: 'card', carte: 'card', numerodecarte: 'card',
  dynamicgroup: 'group', groupe: 'group', groupedynamique: 'group',
  analyticalcode: 'code', codeanalytique: 'code',
  societe: 'company', entreprise: 'company',
  visited: 'visitedPerson', sponsor: 'visitedPerson', personnevisitee: 'visitedPerson',
  begin: 'validFrom', debut: 'validFrom', valablede: 'validFrom',
  expiration: 'validUntil', expirationdate: 'validUntil', dateexpiration: 'validUntil', datedexpiration: 'validUntil', valablejusque: 'validUntil',
  verrouille: 'locked', bloque: 'locked',
  langue: 'language',
  comment: 'note', remarque: 'note',
};

const PUK = new Set(['puk', 'pukcode', 'codepuk']);

export interface GuestColumns {
  /** In the order of the file; undefined: left out. */
  readonly columns: readonly (GuestColumn | undefined)[];
  /** What is left out, and why. */
  readonly notes: readonly string[];
}

/** What the first line names. Gives what is wrong where something is. */
export function readGuestColumns(names: readonly string[]): GuestColumns | string {
  const columns: (GuestColumn | undefined)[] = [];
  const notes: string[] = [];
  for (const name of names) {
    const key = name.normalize('NFKD').toLowerCase().replaceAll(/[^a-z0-9]/gu, '');
    const column = GUEST_COLUMNS.find((each) => each.toLowerCase() === key) ?? (Object.hasOwn(OTHER_NAMES, key) ? OTHER_NAMES[key] : undefined);
    if (column === undefined && !PUK.has(key)) return `line 1: "${name.slice(0, 50)}" is no column; those that are taken are ${GUEST_COLUMNS.join(', ')}`;
    if (column !== undefined && columns.includes(column)) return `line 1: the column ${column} stands there twice`;
    if (column === undefined) notes.push(`line 1: the column "${name.slice(0, 50)}" is left out: a PUK of another product opens nothing here; each print gets a random code of its own by mail, and a PIN can be imported`);
    columns.push(column);
  }
  if (!columns.includes('login') && !columns.includes('addresses')) return `line 1: one of the columns login and addresses must be there; the first line names the columns: ${GUEST_COLUMNS.join(', ')}`;
  return { columns, notes };
}
