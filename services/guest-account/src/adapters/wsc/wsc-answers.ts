import { shownText } from '@inkpost/server-connection/shown-text.js';
import type { KnownGuest } from '../../resolve-owner/decide-owner.js';
import { ServerTrouble } from '../../user-management/server-status.js';

const QUOTED_MAX = 300;

export interface SignedIn {
  readonly token: string;
  readonly rights: readonly string[];
  readonly passwordMustChange: boolean;
}

export interface ServerInformation {
  readonly name: string;
  readonly version: string;
}

// What another server says is looked at as anything from outside. Each throws a `ServerTrouble` where it isn't what is agreed.

export function readSignedIn(body: unknown): SignedIn {
  const { token, rights, passwordMustChange } = fieldsOf(body);
  if (typeof token !== 'string' || !isTexts(rights)) throw strange();
  return { token, rights, passwordMustChange: passwordMustChange === true };
}

/** Of GET session: what the account may do. */
export function readRights(body: unknown): readonly string[] {
  const { rights } = fieldsOf(body);
  if (!isTexts(rights)) throw strange();
  return rights;
}

export function readServer(body: unknown): ServerInformation {
  const { name, version } = fieldsOf(body);
  if (typeof name !== 'string' || typeof version !== 'string') throw strange();
  return { name: shownText(name, QUOTED_MAX), version: shownText(version, QUOTED_MAX) };
}

/** `{ guest: null }`: nobody. */
export function readGuest(body: unknown): KnownGuest | undefined {
  const { guest } = fieldsOf(body);
  if (guest === null) return undefined;
  const { accountId, address, displayName, language, validFrom, validUntil } = fieldsOf(guest);
  const { locked, notYet, expired, renewed } = fieldsOf(guest);
  if (typeof accountId !== 'string' || typeof address !== 'string' || typeof displayName !== 'string') throw strange();
  if (typeof locked !== 'boolean' || typeof notYet !== 'boolean' || typeof expired !== 'boolean' || typeof renewed !== 'boolean') throw strange();
  return {
    accountId, address, displayName, locked, notYet, expired, renewed,
    language: language === 'fr' || language === 'en' ? language : '', validFrom: readInstant(validFrom), validUntil: readInstant(validUntil),
  };
}

export function readAdded(body: unknown): { readonly created: boolean; readonly accountId: string } {
  const { created, accountId } = fieldsOf(body);
  if (typeof created !== 'boolean' || typeof accountId !== 'string') throw strange();
  return { created, accountId };
}

/** The sentence of a refusal (RFC 9457), fit to be shown; empty: it says none. */
export function readDetail(body: unknown): string {
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : '';
  return typeof detail === 'string' ? shownText(detail, QUOTED_MAX) : '';
}

function readInstant(value: unknown): Date | null {
  if (value === null || value === undefined) return null;
  const instant = new Date(typeof value === 'string' ? value : Number.NaN);
  if (Number.isNaN(instant.getTime())) throw strange();
  return instant;
}

function fieldsOf(body: unknown): Readonly<Record<string, unknown>> {
  if (typeof body !== 'object' || body === null) throw strange();
  return body as Readonly<Record<string, unknown>>;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function strange(): ServerTrouble {
  return new ServerTrouble('unknown-error', 'The server answers something else than was agreed: are both of the same version of Inkpost?');
}
