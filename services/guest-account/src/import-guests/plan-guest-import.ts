import { parseMailAddress } from '@inkpost/mail-address/mail-address.js';
import { readAnswer } from '../csv/read-answer.js';
import { type DayEdge, readMoment } from '../csv/read-moment.js';
import { type GivenSecrets, secretsProblem } from '../guests/guest-secrets.js';
import { checkGuest, type GuestProblem, type GuestSettings, isGuestProblem, loginKeyOf } from '../guests/guest-settings.js';
import type { GuestColumn } from './guest-columns.js';
import type { GuestFields, GuestLine } from './read-guest-lines.js';

/** A guest who is there. */
export interface KnownGuest extends GuestSettings {
  readonly accountId: string;
  readonly version: number;
  /** In hexadecimal; empty: no card. */
  readonly cardHash: string;
}

/** What becomes of guests who are there already. */
export type ExistingGuests = 'update' | 'skip';

export interface ImportedLine {
  readonly line: number;
  readonly login: string;
  readonly outcome: 'added' | 'changed' | 'unchanged' | 'skipped' | 'refused';
  /** Why it is refused, and what to do; else empty. */
  readonly problem: string;
}

export interface PlannedGuest {
  /** Undefined: a new one. */
  readonly before: KnownGuest | undefined;
  readonly settings: GuestSettings;
  readonly secrets: GivenSecrets;
  /** The line says something of the account's end. */
  readonly setsEnd: boolean;
}

export interface GuestImportPlan {
  readonly lines: readonly ImportedLine[];
  /** What is to be written, of the lines that are added or changed. */
  readonly guests: readonly PlannedGuest[];
}

/** Why whoever imports may not change or add this guest; empty: they may. */
export type MayNotImport = (before: KnownGuest | undefined, settings: GuestSettings) => string;

/** In what order columns and fields name the same. */
const COLUMN_OF: Readonly<Record<string, GuestColumn>> = { displayName: 'name', analyticalCode: 'code', cardNumber: 'card' };

const NEW: GuestSettings = {
  login: '', displayName: '', addresses: [], language: '', company: '', group: '', analyticalCode: '', visitedPerson: '', note: '', locked: false, validFrom: null, validUntil: null,
};

/** What an import would do, line by line. Guests are known by their logins; where a line has none, by its first address. */
export class GuestImport {
  private readonly byLogin: ReadonlyMap<string, KnownGuest>;
  private readonly byAddress: ReadonlyMap<string, KnownGuest>;
  /** Logins by the addresses and the cards that they will have. */
  private readonly addresses = new Map<string, string>();
  private readonly cards = new Map<string, string>();
  private readonly seen = new Map<string, number>();

  /** `known`: whoever has a login, an address or a card that the file names. `hashCard`: in hexadecimal. */
  constructor(
    private readonly given: readonly GuestLine[],
    known: readonly KnownGuest[],
    private readonly existing: ExistingGuests,
    private readonly hashCard: (cardNumber: string) => string,
    private readonly mayNot: MayNotImport = () => '',
  ) {
    this.byLogin = new Map(known.map((guest) => [loginKeyOf(guest.login), guest]));
    this.byAddress = new Map(known.flatMap((guest) => guest.addresses.map((address) => [address, guest])));
    // Whom the file names has what it says, and may give old addresses and cards away in it.
    const named = new Set(existing === 'update' ? given.map((line) => this.knownOf(line)) : []);
    for (const guest of known) if (!named.has(guest)) this.hold(guest, guest.cardHash);
  }

  plan(): GuestImportPlan {
    const guests: PlannedGuest[] = [];
    const lines = this.given.map((line): ImportedLine => {
      const before = this.knownOf(line);
      const planned = line.problem === '' ? this.planLine(line, before) : line.problem;
      const login = line.fields.login || before?.login || (line.addresses[0] ?? '');
      if (typeof planned === 'string') return { line: line.line, login, outcome: 'refused', problem: planned };
      if (planned === undefined) return { line: line.line, login, outcome: 'skipped', problem: '' };
      const outcome = before ? (isSame(before, planned) ? 'unchanged' : 'changed') : 'added';
      const objection = outcome === 'unchanged' ? '' : this.mayNot(before, planned.settings);
      if (objection !== '') return { line: line.line, login, outcome: 'refused', problem: objection };
      if (outcome !== 'unchanged') guests.push(planned);
      return { line: line.line, login: planned.settings.login, outcome, problem: '' };
    });
    return { lines, guests };
  }

  /** Gives what is wrong where something is; undefined: it is skipped. */
  private planLine({ line, fields, addresses }: GuestLine, before: KnownGuest | undefined): PlannedGuest | string | undefined {
    if (before && this.existing === 'skip') return undefined;
    const checked = readGuest(fields, addresses, before);
    if (typeof checked === 'string') return checked;
    const { settings, secrets, setsEnd } = checked;
    const key = loginKeyOf(settings.login);
    const twin = this.seen.get(key);
    if (twin !== undefined) return `login: stands on line ${twin} already`;
    const cardHash = secrets.cardNumber === undefined ? (before?.cardHash ?? '') : this.hashCard(secrets.cardNumber);
    const taken = settings.addresses.find((address) => this.addresses.has(address));
    if (taken !== undefined) return `addresses: ${taken} is the address of ${this.addresses.get(taken)}`;
    const holder = cardHash === '' ? undefined : this.cards.get(cardHash);
    if (holder !== undefined) return `card: it is the card of ${holder}`;
    this.seen.set(key, line);
    this.hold(settings, cardHash);
    return { before, settings, secrets, setsEnd };
  }

  private knownOf({ loginKey, addresses: [address = ''] }: GuestLine): KnownGuest | undefined {
    return loginKey === '' ? this.byAddress.get(parseMailAddress(address)?.text ?? '') : this.byLogin.get(loginKey);
  }

  private hold({ login, addresses }: GuestSettings, cardHash: string): void {
    for (const address of addresses) this.addresses.set(address, login);
    if (cardHash !== '') this.cards.set(cardHash, login);
  }
}

/** A column that the file doesn't have stays as it is; so does a secret whose field is empty. Gives what is wrong where something is. */
function readGuest(fields: GuestFields, addresses: readonly string[], before: KnownGuest | undefined): Omit<PlannedGuest, 'before'> | string {
  const { login, displayName, language, company, group, analyticalCode, visitedPerson, note, ...rest } = before ?? NEW;
  const locked = fields.locked === undefined ? rest.locked : readAnswer(fields.locked);
  if (locked === undefined) return 'locked: must be yes or no';
  const [validFrom, validUntil] = [readEdge(fields.validFrom, 'begin', rest.validFrom), readEdge(fields.validUntil, 'end', rest.validUntil)];
  if (validFrom === undefined || validUntil === undefined) return `${validFrom === undefined ? 'validFrom' : 'validUntil'}: must be a day such as 2026-12-31 or 31/12/2026, or a moment such as 2026-12-31T18:00:00Z`;
  const settings = checkGuest({
    login: fields.login || login, displayName: fields.name ?? displayName, addresses: fields.addresses === undefined ? rest.addresses : addresses, language: fields.language ?? language,
    company: fields.company ?? company, group: fields.group ?? group, analyticalCode: fields.code ?? analyticalCode, visitedPerson: fields.visitedPerson ?? visitedPerson, note: fields.note ?? note,
    locked, validFrom, validUntil,
  });
  if (isGuestProblem(settings)) return sentence(settings);
  const secrets = { ...given('password', fields.password), ...given('pin', fields.pin), ...given('cardNumber', fields.card) };
  const problem = secretsProblem(secrets);
  return problem ? sentence(problem) : { settings, secrets, setsEnd: fields.validUntil !== undefined };
}

function readEdge(text: string | undefined, edge: DayEdge, before: Date | null): Date | null | undefined {
  if (text === undefined) return before;
  return text === '' ? null : readMoment(text, edge);
}

function given(field: keyof GivenSecrets, text: string | undefined): GivenSecrets {
  return text === undefined || text === '' ? {} : { [field]: text };
}

function sentence({ field, reason }: GuestProblem): string {
  return `${COLUMN_OF[field] ?? field}: ${reason}`;
}

function isSame(before: KnownGuest, { settings, secrets }: PlannedGuest): boolean {
  const facts = ({ login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked, validFrom, validUntil }: GuestSettings) =>
    JSON.stringify([login, displayName, addresses, language, company, group, analyticalCode, visitedPerson, note, locked, validFrom, validUntil]);
  return Object.keys(secrets).length === 0 && facts(before) === facts(settings);
}
