import { randomBytes } from 'node:crypto';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { hashingBytesOf, type KeyEntry, parseKeyEntries, VERSION_MAX } from '@inkpost/secrets/master-key.js';

interface VersionEntry extends KeyEntry {
  readonly version: number;
}

const isVersion = (entry: KeyEntry): entry is VersionEntry => entry.version !== 'hashing';

/** After 255 comes 1: which of two is newer is told by the shorter way round, since few live side by side. */
function isNewer(version: number, than: number): boolean {
  const ahead = (version - than + VERSION_MAX) % VERSION_MAX;
  return ahead > 0 && ahead <= VERSION_MAX / 2;
}

function parse(text: string): { readonly versions: readonly VersionEntry[]; readonly hashing: Buffer | undefined } {
  const entries = parseKeyEntries(text);
  return { versions: entries.filter(isVersion), hashing: entries.find(({ version }) => version === 'hashing')?.key };
}

function write(versions: readonly VersionEntry[], hashing: Buffer): string {
  return [...versions, { version: 'hashing', key: hashing }].map(({ version, key }) => `${version}:${key.toString('base64')}\n`).join('');
}

function hashingOf({ versions, hashing }: ReturnType<typeof parse>): Buffer {
  const first = versions.find(({ version }) => version === 1);
  if (hashing) return hashing;
  if (first) return hashingBytesOf(first.key);
  throw new PermanentFailure('secrets.master-key-invalid', 'The master key has neither a version 1 nor an entry "hashing:".');
}

/** The versions of a master key's text, the one that seals first. */
export function versionsIn(text: string): number[] {
  return parse(text).versions.map(({ version }) => version);
}

/** With a new random version, which may only open as yet: so it is known everywhere before the first one seals with it. */
export function withNewVersion(text: string): string {
  const parsed = parse(text);
  const newest = parsed.versions.reduce((latest, { version }) => (isNewer(version, latest) ? version : latest), parsed.versions[0]?.version ?? 0);
  const version = (newest % VERSION_MAX) + 1;
  return write([...parsed.versions, { version, key: randomBytes(32) }], hashingOf(parsed));
}

/** The newest version seals. */
export function withNewestFirst(text: string): string {
  const parsed = parse(text);
  return write(parsed.versions.toSorted((a, b) => (isNewer(a.version, b.version) ? -1 : 1)), hashingOf(parsed));
}

/** Without the versions that only open. */
export function withSealingAlone(text: string): string {
  const parsed = parse(text);
  return write(parsed.versions.slice(0, 1), hashingOf(parsed));
}
