import { describe, expect, it } from 'vitest';
import { UnreadableImport } from '../csv/parse-csv.js';
import { type ExistingGuests, GuestImport, type KnownGuest } from './plan-guest-import.js';
import { readGuestLines } from './read-guest-lines.js';

const ada: KnownGuest = {
  accountId: 'a', version: 3, login: 'ada', displayName: 'Ada', addresses: ['ada@example.org'], language: 'fr', company: 'ACME', group: 'fair', analyticalCode: 'K1', visitedPerson: 'Bob', note: '',
  locked: true, validFrom: null, validUntil: new Date('2030-01-01T00:00:00Z'), cardHash: 'CARDA',
};

const plan = (csv: string, known: readonly KnownGuest[] = [], existing: ExistingGuests = 'update') =>
  new GuestImport(readGuestLines(csv).lines, known, existing, (card) => card.toUpperCase()).plan();
const lines = (csv: string, known: readonly KnownGuest[] = [], existing: ExistingGuests = 'update') =>
  plan(csv, known, existing).lines.map(({ line, login, outcome, problem }) => `${line} ${login} ${outcome}${problem === '' ? '' : `: ${problem}`}`);

describe('an import of guests', () => {
  it('takes the vendor\'s own list, in either language, and leaves its PUK codes out with a word of why', () => {
    const csv = 'Login;Password;Full name;Email;Dynamic Group;Analytical Code;PIN code;PUK code;Card number;Company;Expiration;Locked;Visited person\n'
      + 'zoe;Print-2026;Zoé;zoe@example.org;visitors;A-1;4711;12345678;04A37F;Büro;31/12/2026;non;Ada\n';
    expect(readGuestLines(csv).notes).toEqual([expect.stringMatching(/^line 1: the column "PUK code" is left out: /)]);
    const { lines: [line], guests: [guest] } = plan(csv);
    expect(line).toMatchObject({ outcome: 'added', problem: '' });
    expect(guest).toEqual({
      before: undefined,
      settings: {
        login: 'zoe', displayName: 'Zoé', addresses: ['zoe@example.org'], group: 'visitors', analyticalCode: 'A-1', company: 'Büro', visitedPerson: 'Ada', locked: false, language: '', note: '',
        validFrom: null, validUntil: new Date(2027, 0, 1),
      },
      secrets: { password: 'Print-2026', pin: '4711', cardNumber: '04A37F' },
      setsEnd: true,
    });
    expect(JSON.stringify(plan(csv))).not.toContain('12345678');
    expect(plan('Identifiant,Nom complet,Société,Groupe dynamique,Numéro de carte,Personne visitée,Date d\'expiration\nx,X,S,G,1234,P,\n').guests).toMatchObject([{ settings: { login: 'x', company: 'S', group: 'G', visitedPerson: 'P' } }]);
  });

  it('adds whoever is new, changes what differs, and leaves the rest: a column that is not there, a secret that is empty', () => {
    const { lines: found, guests } = plan('login,company,pin,password,card\nADA,Other,,,\nnew,N,1234,,\n', [ada]);
    expect(found.map(({ outcome }) => outcome)).toEqual(['changed', 'added']);
    expect(guests).toMatchObject([
      { before: { accountId: 'a' }, settings: { login: 'ADA', company: 'Other', addresses: ['ada@example.org'], locked: true, validUntil: ada.validUntil }, secrets: {} },
      { before: undefined, settings: { login: 'new', addresses: [] }, secrets: { pin: '1234' } },
    ]);
    expect(lines('login,company\nada,ACME\n', [ada])).toEqual(['2 ada unchanged']);
    expect(lines('login,pin\nada,4711\n', [ada])).toEqual(['2 ada changed']);
    expect(plan('login,validUntil,addresses\nada,,\n', [ada]).guests).toMatchObject([{ settings: { validUntil: null, addresses: [] } }]);
  });

  it('leaves whoever is there where that is wanted, whatever the line says', () => {
    expect(lines('login,company,language\nada,Other,xx\nnew,N,\n', [ada], 'skip')).toEqual(['2 ada skipped', '3 new added']);
    expect(lines('login,addresses\nnew,ada@example.org\nada,x@example.org\n', [ada], 'skip')).toEqual(['2 new refused: addresses: ada@example.org is the address of ada', '3 ada skipped']);
  });

  it('knows guests by their first address where a line names no login', () => {
    expect(plan('email,company\nADA@example.org,Other\nnew@example.org,N\n', [ada]).guests).toMatchObject([{ before: { accountId: 'a' }, settings: { login: 'ada' } }, { before: undefined, settings: { login: 'new@example.org' } }]);
  });

  it('lets guests whom it names give their addresses and cards to each other', () => {
    const bob = { ...ada, accountId: 'b', login: 'bob', addresses: ['bob@example.org'], cardHash: 'CARDB' };
    expect(lines('login,addresses,card\nada,bob@example.org,cardb\nbob,ada@example.org,carda\n', [ada, bob])).toEqual(['2 ada changed', '3 bob changed']);
    expect(lines('login,card\nada,cardb\nbob,\n', [ada, bob])).toEqual(['2 ada changed', '3 bob refused: card: it is the card of ada']);
  });

  it('says of each line what is wrong with it, by the names of the columns', () => {
    expect(lines(
      'login,name,addresses,language,locked,validFrom,validUntil,pin,card,password\n'
      + ',,,,,,,,,\n'
      + 'bob,,nonsense,,,,,,,\n'
      + 'carol,,,de,,,,,,\n'
      + 'dave,,,,perhaps,,,,,\n'
      + 'erin,,\n'
      + 'fred,,ada@example.org,,,,,,,\n'
      + 'gina,,gina@example.org,,,,,,,\n'
      + 'GINA,,,,,,,,,\n'
      + 'hans,,gina@example.org,,,,,,,\n'
      + 'ines,,,,,31/06/2026,,,,\n'
      + 'jack,,,,,,tomorrow,,,\n'
      + 'kate,,,,,2026-02-01,2026-01-01,,,\n'
      + 'liam,,,,,,,12,,\n'
      + 'mona,,,,,,,,1,\n'
      + 'nina,,,,,,,,,changeme\n'
      + 'omar,,,,,,,,carda,\n'
      + `paul,${'x'.repeat(201)},,,,,,,,\n`
      + 'someone@else.example,,,,,,,,,\n', [ada],
    )).toEqual([
      '2  refused: login: must be given where there is no address',
      '3 bob refused: addresses: must be e-mail addresses such as somebody@example.org',
      '4 carol refused: language: must be fr or en, or empty for the installation\'s language',
      '5 dave refused: locked: must be yes or no',
      '6 erin refused: has 3 fields, and the first line 10',
      '7 fred refused: addresses: ada@example.org is the address of ada',
      '8 gina added',
      '9 GINA refused: login: stands on line 8 already',
      '10 hans refused: addresses: gina@example.org is the address of gina',
      '11 ines refused: validFrom: must be a day such as 2026-12-31 or 31/12/2026, or a moment such as 2026-12-31T18:00:00Z',
      '12 jack refused: validUntil: must be a day such as 2026-12-31 or 31/12/2026, or a moment such as 2026-12-31T18:00:00Z',
      '13 kate refused: validUntil: must lie after validFrom',
      '14 liam refused: pin: must be 4 to 12 digits',
      '15 mona refused: card: must have 4 to 64 letters and digits',
      '16 nina refused: password: needs an upper case letter, a digit, and a special character',
      '17 omar refused: card: it is the card of ada',
      '18 paul refused: name: must have at most 200 characters',
      '19 someone@else.example refused: login: must be a name without @, or one of the guest\'s own addresses',
    ]);
  });

  it.each([
    ['', 'one of the columns login and addresses must be there'], ['name\n', 'one of the columns login and addresses'], ['login,shoe size\n', '"shoe size" is no column'], ['login,constructor\n', '"constructor" is no column'],
    ['login,user\n', 'the column login stands there twice'], [`login\n${'a\n'.repeat(20_001)}`, 'There are 20001 lines'], [`login,password\n${'a,Print-2026\n'.repeat(201)}`, 'There are 201 passwords'], ['login\n"', 'never closed'],
  ])('is refused as a whole where the file is wrong (%#)', (csv, problem) => {
    expect(() => readGuestLines(csv)).toThrow(UnreadableImport);
    expect(() => readGuestLines(csv)).toThrow(problem);
  });
});
