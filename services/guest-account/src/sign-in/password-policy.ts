import { PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN } from '../limits.js';

const REQUIREMENTS = [
  { met: (password: string) => Array.from(password).length >= PASSWORD_LENGTH_MIN, missing: `at least ${PASSWORD_LENGTH_MIN} characters` },
  { met: (password: string) => /\p{Ll}/u.test(password), missing: 'a lower case letter' },
  { met: (password: string) => /\p{Lu}/u.test(password), missing: 'an upper case letter' },
  { met: (password: string) => /\p{Nd}/u.test(password), missing: 'a digit' },
  { met: (password: string) => /[^\p{L}\p{M}\p{N}\s]/u.test(password), missing: 'a special character' },
  { met: (password: string) => password.length <= PASSWORD_LENGTH_MAX, missing: `at most ${PASSWORD_LENGTH_MAX} characters` },
] as const;

/** What a new password lacks (SKY-096), each thing by name: "needs an upper case letter and a digit"; undefined: nothing. */
export function passwordProblem(password: string): string | undefined {
  const missing = REQUIREMENTS.filter(({ met }) => !met(password)).map((requirement) => requirement.missing);
  return missing.length === 0 ? undefined : `needs ${new Intl.ListFormat('en').format(missing)}`;
}
