import { z } from 'zod';
import { type FieldError, Problem } from './problem.js';
import { findUnstorableTexts } from './unstorable-text.js';

/** What came over the wire, not looked at yet. */
export interface RawInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

interface InputSchemas<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: P | undefined;
  readonly query: Q | undefined;
  readonly body: B | undefined;
}

interface Checked<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
}

const NO_QUERY = z.strictObject({});

/** Checks path, query and body together, so that one answer names all that is wrong. Throws a Problem. */
export function checkInput<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType>(schemas: InputSchemas<P, Q, B>, raw: RawInput): Checked<P, Q, B> {
  const results = [check(schemas.params, raw.params), check(schemas.query ?? NO_QUERY, raw.query), check(schemas.body, raw.body)] as const;
  const unstorable = [raw.params, raw.query, raw.body].flatMap((part) => findUnstorableTexts(part));
  const errors = [...results.flatMap((result) => (result?.error ? fieldErrors(result.error) : [])), ...unstorable];
  if (errors.length > 0) {
    const [first] = errors;
    const detail = errors.length === 1 && first ? sentence(first) : `${errors.length} fields are not valid.`;
    throw new Problem('invalid-request', detail, { errors });
  }
  // A part without a schema is not read; its handler sees undefined.
  const [params, query, body] = results.map((result) => result?.data);
  return { params, query, body } as Checked<P, Q, B>;
}

function sentence({ field, reason }: FieldError): string {
  return field === '' ? `The body ${reason}.` : `${field} ${reason}.`;
}

function check(schema: z.ZodType | undefined, input: unknown): z.ZodSafeParseResult<unknown> | undefined {
  return schema?.safeParse(input, { error: explain });
}

function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), reason: 'is not a known field' }))
      : [{ field: issue.path.join('.'), reason: issue.message }],
  );
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', array: 'a list', object: 'an object',
};

const FORMAT_NAMES: Readonly<Record<string, string>> = {
  email: 'an e-mail address', datetime: 'a time such as 2026-07-31T18:00:00Z', uuid: 'a UUID', url: 'a URL',
};

/** What is wrong, to be read after the field's name. Schemas with a message of their own keep it. */
function explain(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return issue.input === undefined ? 'is missing' : `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`;
    case 'too_small':
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return `must ${measure(issue.origin)} at least ${issue.minimum}${unit(issue.origin)}`;
    case 'too_big':
      return `must ${measure(issue.origin)} at most ${issue.maximum}${unit(issue.origin)}`;
    case 'invalid_format':
      return `must be ${FORMAT_NAMES[issue.format] ?? 'well formed'}`;
    case 'custom':
    case 'invalid_element':
    case 'invalid_key':
    case 'invalid_union':
    case 'not_multiple_of':
    case 'unrecognized_keys':
    default:
      return undefined;
  }
}

function measure(origin: string): string {
  return origin === 'string' || origin === 'array' ? 'have' : 'be';
}

function unit(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}
