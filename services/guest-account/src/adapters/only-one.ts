import { MATCHES_MAX } from '../limits.js';
import type { DirectoryPerson, Found } from '../ports/directory.port.js';

/** What people that were found are as an answer; of many the first are named. */
export function onlyOne(people: readonly DirectoryPerson[]): Found {
  const [person, second] = people;
  if (!person) return { kind: 'nobody' };
  return second ? { kind: 'ambiguous', logins: people.slice(0, MATCHES_MAX).map(({ login, reference }) => login || reference) } : { kind: 'found', person };
}
