import { expect, it } from 'vitest';
import { pinProblem, policyProblem } from './pin-policy.js';

it.each(['1111', '1234', '4321', '7890', '0987', '000000', '345678'])('a PIN such as %s, which others try first, is not taken', (pin) => {
  expect(pinProblem(pin, { lengthMin: 4 })).toMatch(/^is what others would try first/u);
});

it.each(['2580', '1357', '1212', '190283746512'])('the PIN %s is taken', (pin) => expect(pinProblem(pin, { lengthMin: 4 })).toBeUndefined());

it.each(['', '258', '25801', '2580134679258', '25a013', '٢٥٨٠١٣', ' 258013'])('a PIN of another form than six to twelve digits is named: "%s"', (pin) => {
  expect(pinProblem(pin, { lengthMin: 6 })).toBe('must be 6 to 12 digits');
});

it('the shortest length is 4 to 12', () => {
  expect([3, 4, 12, 13].map((lengthMin) => policyProblem({ lengthMin }) === undefined)).toEqual([false, true, true, false]);
});
