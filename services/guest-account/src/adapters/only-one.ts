import type { DirectoryPerson, Found } from '../ports/directory.port.js';

/** What people that were found are as an answer. */
export function onlyOne(people: readonly DirectoryPerson[]): Found {
  const [person, second] = people;
  if (!person) return { kind: 'nobody' };
  return second ? { kind: 'ambiguous', logins: people.map(({ login, reference }) => login || reference) } : { kind: 'found', person };
}
