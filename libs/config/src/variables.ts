import { z } from 'zod';
import type { Variable, VariableName as Name } from './config.js';

/** A text; absent means `byDefault`, or an error where there is none. */
export function text(name: Name, meaning: string, byDefault?: string): Variable<string> {
  const schema = z.string({ error: 'is missing' });
  return { name, meaning, schema: byDefault === undefined ? schema : schema.default(byDefault), byDefault: byDefault ?? 'required' };
}

/** A text that may be absent. */
export function optionalText(name: Name, meaning: string): Variable<string | undefined> {
  return { name, meaning, schema: z.string().optional(), byDefault: 'none' };
}

export function wholeNumber(name: Name, meaning: string, byDefault: number, range: { readonly min: number; readonly max: number }): Variable<number> {
  const message = `must be a whole number from ${range.min} to ${range.max}`;
  const schema = z.coerce.number({ error: message }).int({ error: message }).min(range.min, { error: message }).max(range.max, { error: message });
  return { name, meaning, schema: schema.default(byDefault), byDefault: String(byDefault) };
}

export function oneOf<const T extends readonly [string, ...string[]]>(name: Name, meaning: string, values: T, byDefault: T[number]): Variable<T[number]> {
  const schema = z.enum(values, { error: `must be one of ${values.join(', ')}` });
  return { name, meaning, schema: schema.default(byDefault as never), byDefault };
}

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[::1]:port` or `port` alone (then on loopback). Port 0 lets the system choose. */
export function listenAddress(name: Name, meaning: string, byDefault: string): Variable<ListenAddress> {
  const schema = z.string().default(byDefault).transform((value, context): ListenAddress => {
    const match = /^(?:(?<host>\[[0-9a-fA-F:.]+\]|[^:[\]]+):)?(?<port>\d{1,5})$/.exec(value);
    const port = Number(match?.groups?.port);
    if (!match || port > 65_535) {
      context.addIssue({ code: 'custom', message: 'must be host:port, for example 127.0.0.1:5780' });
      return z.NEVER;
    }
    return { host: (match.groups?.host ?? '127.0.0.1').replace(/^\[|\]$/g, ''), port };
  });
  return { name, meaning, schema, byDefault };
}

/** A URL with one of the given schemes (`http`, `postgres`, …). */
export function url<const D extends string | undefined>(name: Name, meaning: string, schemes: readonly string[], byDefault: D): Variable<D extends string ? string : string | undefined> {
  const message = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  const checked = z.string().refine((value) => URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1)), { error: message });
  const schema = byDefault === undefined ? checked.optional() : checked.default(byDefault);
  return { name, meaning, schema: schema as unknown as z.ZodType<D extends string ? string : string | undefined>, byDefault: byDefault ?? 'none' };
}
