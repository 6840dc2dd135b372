import { expect, it } from 'vitest';
import { passwordProblem } from './password-policy.js';

it.each(['Print-2026', 'Aa1!aaaa', 'Pässwört-9', 'Ünï¢ode-7x', 'A b c d 1 !', `Aa1!${'x'.repeat(1_020)}`])('takes %j', (password) => {
  expect(passwordProblem(password)).toBeUndefined();
});

it.each([
  ['changeme', 'needs an upper case letter, a digit, and a special character'],
  ['', 'needs at least 8 characters, a lower case letter, an upper case letter, a digit, and a special character'],
  ['Aa1!aaa', 'needs at least 8 characters'],
  ['PRINT-2026', 'needs a lower case letter'],
  ['print-2026', 'needs an upper case letter'],
  ['Printing-it', 'needs a digit'],
  ['Printing2026', 'needs a special character'],
  ['Printing 2026', 'needs a special character'],
  ['Aa1!😀😀😀', 'needs at least 8 characters'],
  [`Aa1!${'x'.repeat(1_021)}`, 'needs at most 1024 characters'],
])('says what %j lacks', (password, problem) => {
  expect(passwordProblem(password)).toBe(problem);
});
