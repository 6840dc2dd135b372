import { fault } from '@inkpost/server-connection/run-steps.js';
import type { PeopleDirectory } from '../ports/directory.port.js';
import { loginKey } from './account-name.js';
import { passwordAttempt } from './count-attempt.js';
import type { SignInDelayStore } from './sign-in-delay.store.js';

/** Tries a password where nobody signs in by it. Throws a `Failure` that says what is wrong while it can't be tried. */
export type CountedPasswordCheck = (people: PeopleDirectory, login: string, password: string) => Promise<boolean>;

/** All tests count as coming from one network. */
const SOURCE = 'directory-test';

/** As a sign-in would count it: else whoever may test a directory could guess the passwords of its people there, or lock their accounts. */
export function countedPasswordCheck(delays: SignInDelayStore): CountedPasswordCheck {
  return async (people, login, password) => {
    const attempt = passwordAttempt(loginKey(login), SOURCE);
    const admission = await delays.count(attempt);
    if (!admission.admitted) throw fault(`Too many wrong passwords were tried, of this login or in tests. Try again in ${admission.retryAfterSeconds} seconds.`);
    let isGuess = false;
    try {
      isGuess = !(await people.checkCredentials(login, password));
      return !isGuess;
    } finally {
      if (!isGuess) await delays.forgive(admission.attempts);
    }
  };
}
