import { describe, expect, it } from 'vitest';
import { UnreadableImport } from '../csv/parse-csv.js';
import { type KnownPerson, planImport } from './plan-import.js';

const ada: KnownPerson = { accountId: 'a', login: 'ada', displayName: 'Ada', addresses: ['ada@example.org'], language: 'fr', groups: ['staff'], locked: true };

const lines = (csv: string, known: readonly KnownPerson[] = []) => planImport(csv, known).lines.map(({ line, login, outcome, problem }) => `${line} ${login} ${outcome}${problem === '' ? '' : `: ${problem}`}`);

describe('an import', () => {
  it('adds whoever is new, changes what differs, and leaves the rest', () => {
    const plan = planImport('login,name,addresses,language,groups,locked\nada,Ada,ada@example.org,fr,staff,yes\nBob,Bob,Bob@Example.org|b@example.org,,a|b,\n', [ada]);
    expect(plan.lines.map(({ outcome }) => outcome)).toEqual(['unchanged', 'added']);
    expect(plan.people).toEqual([{ accountId: undefined, person: { login: 'Bob', displayName: 'Bob', addresses: ['bob@example.org', 'b@example.org'], language: '', groups: ['a', 'b'], locked: false } }]);
    expect(planImport('addresses,login\nada@example.org new@example.org,ADA\n', [ada]).people).toEqual([{ accountId: 'a', person: { login: 'ADA', displayName: 'Ada', addresses: ['ada@example.org', 'new@example.org'], language: 'fr', groups: ['staff'], locked: true } }]);
  });

  it('lets people whom it names give their addresses to each other', () => {
    const bob = { ...ada, accountId: 'b', login: 'bob', addresses: ['bob@example.org'] };
    expect(lines('login,addresses\nada,bob@example.org\nbob,ada@example.org\n', [ada, bob])).toEqual(['2 ada changed', '3 bob changed']);
  });

  it('says of each line what is wrong with it', () => {
    expect(lines('login,addresses,language,locked\n,x@example.org,,\nbob,nonsense,,\ncarol,carol@example.org,de,\ndave,dave@example.org,,perhaps\nerin,erin@example.org\nfred,ada@example.org,,\ngina,gina@example.org,,\nGINA,g@example.org,,\nhans,gina@example.org,,\n', [ada])).toEqual([
      '2  refused: login: must be one line of 1 to 200 visible characters',
      '3 bob refused: addresses: must be e-mail addresses such as somebody@example.org',
      '4 carol refused: language: must be fr or en, or empty for the installation\'s language',
      '5 dave refused: locked: must be yes or no',
      '6 erin refused: has 2 fields, and the first line 4',
      '7 fred refused: addresses: ada@example.org is the address of ada',
      '8 gina added',
      '9 GINA refused: login: stands on line 8 already',
      '10 hans refused: addresses: gina@example.org is the address of gina',
    ]);
  });

  it.each([
    ['', 'the column login is missing'], ['login,name\n', 'the column addresses is missing'], ['login,addresses,puk\n', '"puk" is no column'], ['login,addresses,login\n', 'a column stands there twice'],
    [`login,addresses\n${'a,a@example.org\n'.repeat(20_001)}`, 'There are 20001 lines'], ['login,addresses\n"', 'never closed'],
  ])('is refused as a whole where the file is wrong (%#)', (csv, problem) => {
    expect(() => planImport(csv, [])).toThrow(UnreadableImport);
    expect(() => planImport(csv, [])).toThrow(problem);
  });
});
