import { randomUUID } from 'node:crypto';
import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { cardHash, keepSecrets, secretsProblem } from '../guests/guest-secrets.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import type { GuestImportStore, GuestToImport, NamedInFile } from './guest-import.store.js';
import { type ExistingGuests, GuestImport, type ImportedLine, type MayNotImport, type PlannedGuest } from './plan-guest-import.js';
import { type GuestLine, readGuestLines } from './read-guest-lines.js';

export interface WantedImport {
  readonly csv: string;
  readonly existing: ExistingGuests;
  /** Say what would happen, and write nothing. */
  readonly dryRun: boolean;
  readonly mayNot: MayNotImport;
}

export interface GuestImportReport {
  /** no: a dry run, or a line was refused. changed: somebody changed these guests meanwhile; nothing was written. */
  readonly imported: 'yes' | 'no' | 'changed';
  readonly lines: readonly ImportedLine[];
  /** What is left out, and why. */
  readonly notes: readonly string[];
}

/** Imports guests from a CSV, all or none. */
export class GuestImporter {
  constructor(
    private readonly store: GuestImportStore,
    private readonly hash: KeyedHash,
  ) {}

  /** Throws `UnreadableImport` where the file as a whole can't be taken. */
  async import({ csv, existing, dryRun, mayNot }: WantedImport): Promise<GuestImportReport> {
    const { lines: given, notes } = readGuestLines(csv);
    const hashes = new Map<string, Buffer>();
    const hashOf = (cardNumber: string): Buffer => {
      const hash = hashes.get(cardNumber) ?? cardHash(cardNumber, this.hash);
      hashes.set(cardNumber, hash);
      return hash;
    };
    const known = await this.store.known(namedIn(given, hashOf));
    const { lines, guests } = new GuestImport(given, known, existing, (cardNumber) => hashOf(cardNumber).toString('hex'), mayNot).plan();
    if (dryRun || lines.some(({ outcome }) => outcome === 'refused')) return { imported: 'no', lines, notes };
    const outcome = await this.store.import(await this.keepAll(guests));
    return { imported: outcome === 'written' ? 'yes' : 'changed', lines, notes };
  }

  /** One after the other: passwords take all of a core, and others want to sign in meanwhile. */
  private async keepAll(guests: readonly PlannedGuest[]): Promise<GuestToImport[]> {
    const kept: GuestToImport[] = [];
    for (const guest of guests) {
      const accountId = guest.before?.accountId ?? randomUUID();
      kept.push({ ...guest, accountId, kept: await keepSecrets(guest.secrets, accountId, this.hash) });
    }
    return kept;
  }
}

function namedIn(lines: readonly GuestLine[], hashOf: (cardNumber: string) => Buffer): NamedInFile {
  const cards = lines.map(({ fields }) => fields.card ?? '').filter((card) => card !== '' && secretsProblem({ cardNumber: card }) === undefined);
  return {
    loginKeys: lines.map(({ loginKey }) => loginKey).filter((key) => key !== ''),
    addresses: lines.flatMap(({ addresses }) => addresses.flatMap((address) => parseMailAddress(address)?.text ?? [])),
    cardHashes: cards.map(hashOf),
  };
}
