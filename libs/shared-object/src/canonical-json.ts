import { createHash } from 'node:crypto';
import type { JsonValue } from '@bufbuild/protobuf';

/** JSON in the one form that RFC 8785 allows: members sorted by UTF-16 code units, no spaces, numbers as ECMAScript writes them. */
export function canonicalJson(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  // Sorts by code units, as the RFC wants it.
  const members = Object.keys(value).toSorted().flatMap((name) => {
    const member = value[name];
    return member === undefined ? [] : [`${JSON.stringify(name)}:${canonicalJson(member)}`];
  });
  return `{${members.join(',')}}`;
}

/** SHA-256 of an object's canonical body: the same on all servers that have the same. */
export function digestOf(body: JsonValue): Buffer {
  return createHash('sha256').update(canonicalJson(body)).digest();
}
