import { PIN_LENGTH } from '../limits.js';

/** What an installation wants of a PIN (V-05). */
export interface PinPolicy {
  /** Digits. */
  readonly lengthMin: number;
}

const DIGITS = /^[0-9]+$/u;

/** What is wrong with a PIN that somebody chooses, and what to do; undefined: nothing. */
export function pinProblem(pin: string, { lengthMin }: PinPolicy): string | undefined {
  if (!DIGITS.test(pin) || pin.length < lengthMin || pin.length > PIN_LENGTH.max) return `must be ${lengthMin} to ${PIN_LENGTH.max} digits`;
  return isObvious(pin) ? 'is what others would try first: choose digits that are neither all the same nor in a row' : undefined;
}

export function policyProblem({ lengthMin }: PinPolicy): string | undefined {
  return lengthMin >= PIN_LENGTH.min && lengthMin <= PIN_LENGTH.max ? undefined : `must be ${PIN_LENGTH.min} to ${PIN_LENGTH.max} digits`;
}

/** 1111, 1234, 4321, 7890: each digit is as far from the one before as the next one. */
function isObvious(pin: string): boolean {
  const digits = Array.from(pin, Number);
  const steps = new Set(digits.slice(1).map((digit, index) => (digit - (digits[index] ?? 0) + 10) % 10));
  const [step = 0] = steps;
  return steps.size === 1 && [0, 1, 9].includes(step);
}
