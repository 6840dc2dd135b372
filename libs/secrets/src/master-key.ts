import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { PermanentFailure } from '@inkpost/failure/failure.js';

/** What a key derived from the master key is for. One key per purpose: a sealed PUK can't be passed off as a document key. */
export type KeyPurpose = 'document-key' | 'secret';

export type KeysOfVersion = Readonly<Record<KeyPurpose, KeyObject>>;

/** The installation's master key, and earlier ones that may still open. Holds key objects only, which no log prints. */
export interface MasterKey {
  /** The version that seals; all in `versions` open. 1 to 255. */
  readonly currentVersion: number;
  readonly versions: ReadonlyMap<number, KeysOfVersion>;
  /** What keys for keyed hashes come from (`hashingKey`): it stays while versions come and go, since a hash can't be sealed anew. */
  readonly hashing: KeyObject;
}

export const VERSION_MAX = 255;
const KEY_BYTES = 32;

/** One entry of a master key's text. */
export interface KeyEntry {
  readonly version: number | 'hashing';
  readonly key: Buffer;
}

/**
 * Parses `[version:]key`, several separated by white space or commas: the first seals, the others only open, so that a key can be
 * replaced while sealed things exist. A key is 32 bytes as 64 hex digits or base64; the version is 1 when left out. `hashing:key` is what
 * keyed hashes come from; without it that is derived from version 1.
 * Throws the PermanentFailure `secrets.master-key-invalid`, which never quotes the text.
 */
export function parseMasterKey(text: string): MasterKey {
  const versions = new Map<number, KeysOfVersion>();
  let [hashing, first]: (Buffer | undefined)[] = [];
  for (const { version, key } of parseKeyEntries(text)) {
    if (version === 'hashing') hashing = key;
    else versions.set(version, deriveKeys(key));
    if (version === 1) first = key;
  }
  const [currentVersion] = versions.keys();
  if (currentVersion === undefined) throw invalid('it is empty');
  const hashingBytes = hashing ?? (first && hashingBytesOf(first));
  // Any other key would make every PIN and code unknown, without a word.
  if (!hashingBytes) throw invalid('without version 1 it needs an entry "hashing:", which the command "secrets" writes');
  return { currentVersion, versions, hashing: createSecretKey(hashingBytes) };
}

/** The entries of a master key's text, in their order. Throws as `parseMasterKey`. */
export function parseKeyEntries(text: string): KeyEntry[] {
  const entries: KeyEntry[] = [];
  for (const part of text.split(/[\s,]+/u).filter((each) => each !== '')) {
    const { name = '1', key = '' } = /^(?:(?<name>\d{1,3}|hashing):)?(?<key>[^:]+)$/u.exec(part)?.groups ?? {};
    const version = name === 'hashing' ? name : Number(name);
    if (version !== 'hashing' && (version < 1 || version > VERSION_MAX)) throw invalid(`a key version must lie between 1 and ${VERSION_MAX}`);
    if (entries.some((entry) => entry.version === version)) throw invalid(version === 'hashing' ? 'its entry "hashing:" is there twice' : `key version ${version} is given twice`);
    entries.push({ version, key: decodeKey(key) });
  }
  return entries;
}

/** What a version 1 without an entry `hashing:` stands for. */
export function hashingBytesOf(firstKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', firstKey, '', 'inkpost hashing', KEY_BYTES));
}

/**
 * A key for HMACs of one purpose (`puk`, `pin`): what is stored as such a hash can be recognised, and neither guessed nor made by who has
 * the database alone. It is the same whichever version of the master key seals.
 */
export function hashingKey(masterKey: MasterKey, purpose: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', masterKey.hashing, '', `inkpost ${purpose}`, KEY_BYTES)));
}

function decodeKey(text: string): Buffer {
  const isHex = /^[0-9a-f]{64}$/iu.test(text);
  // Node's base64 decoder skips what it doesn't know, so the form is checked first.
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/u.test(text)) throw invalid('a key must be 32 bytes as 64 hex digits or base64');
  return Buffer.from(text, isHex ? 'hex' : 'base64');
}

function deriveKeys(master: Buffer): KeysOfVersion {
  const derive = (purpose: KeyPurpose): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', master, '', `inkpost ${purpose}`, KEY_BYTES)));
  return { 'document-key': derive('document-key'), secret: derive('secret') };
}

function invalid(why: string): PermanentFailure {
  return new PermanentFailure('secrets.master-key-invalid', `The master key cannot be used: ${why}.`);
}
