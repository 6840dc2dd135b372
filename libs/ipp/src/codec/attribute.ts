import type { IppAttribute, IppDateTime, IppGroup, IppMessage, IppValue, StringSyntax } from './message.js';

/** An attribute of one or more values of the same string syntax: `strings('keyword', 'requested-attributes', ['job-id'])`. */
export function strings(syntax: StringSyntax, name: string, values: readonly string[]): IppAttribute {
  return { name, values: values.map((value) => ({ syntax, value })) };
}

export function keyword(name: string, ...values: readonly string[]): IppAttribute {
  return strings('keyword', name, values);
}

export function integer(name: string, ...values: readonly number[]): IppAttribute {
  return { name, values: values.map((value) => ({ syntax: 'integer', value })) };
}

export function enumeration(name: string, ...values: readonly number[]): IppAttribute {
  return { name, values: values.map((value) => ({ syntax: 'enum', value })) };
}

export function boolean(name: string, value: boolean): IppAttribute {
  return { name, values: [{ syntax: 'boolean', value }] };
}

export function findGroup(message: IppMessage, tag: number): IppGroup | undefined {
  return message.groups.find((group) => group.tag === tag);
}

export function findAttribute(group: IppGroup | undefined, name: string): IppAttribute | undefined {
  return group?.attributes.find((attribute) => attribute.name === name);
}

/** The first value as a number when it is an integer or an enum. */
export function numberOf(group: IppGroup | undefined, name: string): number | undefined {
  const value = findAttribute(group, name)?.values[0];
  return value?.syntax === 'integer' || value?.syntax === 'enum' ? value.value : undefined;
}

/** All values that are numbers. */
export function numbersOf(group: IppGroup | undefined, name: string): number[] {
  const values = findAttribute(group, name)?.values ?? [];
  return values.flatMap((value) => (value.syntax === 'integer' || value.syntax === 'enum' ? [value.value] : []));
}

export function booleanOf(group: IppGroup | undefined, name: string): boolean | undefined {
  const value = findAttribute(group, name)?.values[0];
  return value?.syntax === 'boolean' ? value.value : undefined;
}

/** The first value as text: any string syntax, with or without a language. */
export function textOf(group: IppGroup | undefined, name: string): string | undefined {
  return textsOf(group, name)[0];
}

/** All values that are text; what a printer put beside them (`no-value`, a range) is left out. */
export function textsOf(group: IppGroup | undefined, name: string): string[] {
  return (findAttribute(group, name)?.values ?? []).flatMap((value) => textOfValue(value) ?? []);
}

function textOfValue(value: IppValue): string | undefined {
  return 'value' in value && typeof value.value === 'string' ? value.value : undefined;
}

/** The moment as an IPP dateTime in UTC, to a tenth of a second. */
export function dateTimeFrom(at: Date): IppDateTime {
  return {
    year: at.getUTCFullYear(),
    month: at.getUTCMonth() + 1,
    day: at.getUTCDate(),
    hour: at.getUTCHours(),
    minute: at.getUTCMinutes(),
    second: at.getUTCSeconds(),
    deciSecond: Math.floor(at.getUTCMilliseconds() / 100),
    utcDirection: '+',
    utcHours: 0,
    utcMinutes: 0,
  };
}
