import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { PermanentFailure } from '@inkpost/failure/failure.js';

/** What a key derived from the master key is for. One key per purpose: a sealed PUK can't be passed off as a document key. */
export type KeyPurpose = 'document-key' | 'secret';

/** The installation's master key, and earlier ones that may still open. Holds key objects only, which no log prints. */
export interface MasterKey {
  /** The version that seals; all in `versions` open. 1 to 255. */
  readonly currentVersion: number;
  readonly versions: ReadonlyMap<number, Readonly<Record<KeyPurpose, KeyObject>>>;
}

/**
 * Parses `[version:]key`, several separated by white space or commas: the first seals, the others only open, so that a key can be
 * replaced while sealed things exist. A key is 32 bytes as 64 hex digits or base64; the version is 1 when left out.
 * Throws the PermanentFailure `secrets.master-key-invalid`, which never quotes the text.
 */
export function parseMasterKey(text: string): MasterKey {
  const versions = new Map<number, Readonly<Record<KeyPurpose, KeyObject>>>();
  for (const entry of text.split(/[\s,]+/u).filter((part) => part !== '')) {
    const { version = '1', key = '' } = /^(?:(?<version>\d{1,3}):)?(?<key>[^:]+)$/u.exec(entry)?.groups ?? {};
    const number = Number(version);
    if (number < 1 || number > 255) throw invalid('a key version must lie between 1 and 255');
    if (versions.has(number)) throw invalid(`key version ${number} is given twice`);
    versions.set(number, deriveKeys(decodeKey(key)));
  }
  const [currentVersion] = versions.keys();
  if (currentVersion === undefined) throw invalid('it is empty');
  return { currentVersion, versions };
}

/** Reads the master key from a file, such as a mounted secret. The file's form is that of `parseMasterKey`. */
export async function readMasterKey(path: string): Promise<MasterKey> {
  return parseMasterKey(await readFile(path, 'utf8'));
}

function decodeKey(text: string): Buffer {
  const isHex = /^[0-9a-f]{64}$/iu.test(text);
  // Node's base64 decoder skips what it doesn't know, so the form is checked first.
  if (!isHex && !/^[A-Za-z0-9+/_-]{43}=?$/u.test(text)) throw invalid('a key must be 32 bytes as 64 hex digits or base64');
  return Buffer.from(text, isHex ? 'hex' : 'base64');
}

function deriveKeys(master: Buffer): Record<KeyPurpose, KeyObject> {
  const derive = (purpose: KeyPurpose): KeyObject =>
    createSecretKey(new Uint8Array(hkdfSync('sha256', master, '', `inkpost ${purpose}`, 32)));
  return { 'document-key': derive('document-key'), secret: derive('secret') };
}

function invalid(why: string): PermanentFailure {
  return new PermanentFailure('secrets.master-key-invalid', `The master key cannot be used: ${why}.`);
}
