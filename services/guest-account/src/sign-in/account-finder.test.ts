import { describe, expect, it } from 'vitest';
import type { DirectoryConfiguration, StoredDirectory } from '../directories/directory.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import { AccountFinder } from './account-finder.js';

const directory = (directoryId: string, settings: StoredDirectory['settings'], aliases: string[] = []): StoredDirectory =>
  ({ directoryId, name: directoryId.toUpperCase(), description: '', aliases, settings, sealedPassword: null, createdAt: new Date(0), version: 1 });

/** A directory that takes every text for the login of its only person. */
const lenient = (login: string): PeopleDirectory => ({
  findByAddress: async () => ({ kind: 'nobody' }), groupsOf: async () => [], checkCredentials: async () => true, close: () => undefined,
  findByLogin: async () => ({ kind: 'found', person: { accountId: login, reference: '', login, displayName: '', addresses: [], language: '', locked: false } }),
  testWay: () => ({ steps: [], close: async () => undefined }),
});

const configuration: DirectoryConfiguration = {
  revision: 1, defaultDirectoryId: 'meta',
  directories: [directory('guests', { kind: 'guests' }), directory('meta', { kind: 'meta', members: ['two', 'guests'] }), directory('one', { kind: 'local' }, ['first']), directory('two', { kind: 'local' })],
};
const people: Readonly<Record<string, PeopleDirectory>> = { one: lenient('ada'), two: lenient('bob'), guests: lenient('ada') };
const finder = (more: Partial<DirectoryConfiguration> = {}) => new AccountFinder({ load: async () => ({ ...configuration, ...more }), peopleOf: ({ directoryId }) => people[directoryId] });
const where = async (text: string, name?: string, more?: Partial<DirectoryConfiguration>) => (await finder(more).byName({ directory: name, login: text }))?.directory.directoryId;

describe('an account', () => {
  it('is found by its login as it was typed, but for case and form, whatever else its directory would take for it', async () => {
    expect([await where('ADA', 'one'), await where('ａda', 'One')]).toEqual(['one', 'one']);
    for (const login of ['adä', 'ad', 'ada.', 'a da', '*', '']) expect(await where(login, 'one'), login).toBeUndefined();
    expect(await finder().inDirectory('one', 'adä')).toBe('nobody');
  });

  it('is looked for in META\'s order, or in the default directory and then among guests; elsewhere only by the directory\'s name', async () => {
    expect([await where('bob'), await where('ada'), await where('ada', 'FIRST')]).toEqual(['two', 'guests', 'one']);
    expect([await where('ada', undefined, { defaultDirectoryId: 'one' }), await where('bob', undefined, { defaultDirectoryId: 'one' })]).toEqual(['one', undefined]);
  });

  it('is never META\'s, or of a directory that is not there', async () => {
    expect([await finder().inDirectory('meta', 'ada'), await finder().inDirectory('gone', 'ada'), await where('ada', 'META'), await where('ada', '')]).toEqual(['no-directory', 'no-directory', undefined, undefined]);
  });
});
