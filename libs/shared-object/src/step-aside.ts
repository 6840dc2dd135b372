import type { SharedKind } from './shared-kind.js';

/** The name of a local object that one of the master's takes the name from (decision 0033, 9). */
export function nameAside(name: string, serverName: string, lengthMax: number): string {
  const suffix = ` (${serverName === '' ? 'local' : serverName})`.slice(0, lengthMax);
  return `${name.slice(0, lengthMax - suffix.length)}${suffix}`;
}

/** The identifier, of letters, digits and -, of a local object that one of the master's takes the identifier from. */
export function identifierAside(identifier: string, serverName: string, lengthMax: number): string {
  const suffix = `-${serverName.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[^A-Za-z0-9]+/gu, '-').replaceAll(/^-+|-+$/gu, '') || 'local'}`.slice(0, lengthMax - 1);
  return `${identifier.slice(0, lengthMax - suffix.length)}${suffix}`;
}

/** The first of the name and those with a number behind it that is not taken. */
export async function freeName(wanted: (number: string) => string, isTaken: (name: string) => Promise<boolean>): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = wanted(number === 1 ? '' : ` ${number}`);
    if (!(await isTaken(name))) return name;
  }
}

export type MakeRoom = NonNullable<SharedKind['makeRoom']>;
