import { fieldsOf, otherVersion } from '@inkpost/server-connection/server-exchange.js';
import { shownText } from '@inkpost/server-connection/shown-text.js';
import type { KnownGuest } from '../../resolve-owner/decide-owner.js';

const QUOTED_MAX = 300;

export interface ServerInformation {
  readonly name: string;
  readonly version: string;
}

// What another server says is looked at as anything from outside. Each throws a `StrangeAnswer` where it isn't what is agreed.

export function readServer(body: unknown): ServerInformation {
  const { name, version } = fieldsOf(body);
  if (typeof name !== 'string' || typeof version !== 'string') throw otherVersion();
  return { name: shownText(name, QUOTED_MAX), version: shownText(version, QUOTED_MAX) };
}

/** `{ guest: null }`: nobody. */
export function readGuest(body: unknown): KnownGuest | undefined {
  const { guest } = fieldsOf(body);
  if (guest === null) return undefined;
  const { accountId, address, displayName, language, validFrom, validUntil } = fieldsOf(guest);
  const { locked, notYet, expired, renewed } = fieldsOf(guest);
  if (typeof accountId !== 'string' || typeof address !== 'string' || typeof displayName !== 'string') throw otherVersion();
  if (typeof locked !== 'boolean' || typeof notYet !== 'boolean' || typeof expired !== 'boolean' || typeof renewed !== 'boolean') throw otherVersion();
  return {
    accountId, address, displayName, locked, notYet, expired, renewed,
    language: language === 'fr' || language === 'en' ? language : '', validFrom: readInstant(validFrom), validUntil: readInstant(validUntil),
  };
}

export function readAdded(body: unknown): { readonly created: boolean; readonly accountId: string } {
  const { created, accountId } = fieldsOf(body);
  if (typeof created !== 'boolean' || typeof accountId !== 'string') throw otherVersion();
  return { created, accountId };
}

function readInstant(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  const instant = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw otherVersion();
  return instant;
}
