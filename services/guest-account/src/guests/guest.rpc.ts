import { randomUUID } from 'node:crypto';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  ChangeGuestsRequest, CreateGuestRequest, DeleteGuestRequest, ExportGuestsRequest, GetGuestRequest, GuestService, ImportGuestsRequest, ListGuestsRequest, UpdateGuestRequest,
} from '@inkpost/contracts/admin/v1/guests_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { fromChangeWire } from '../change-guests/change-wire.js';
import type { GuestsChangeStore, GuestToChange } from '../change-guests/guests-change.store.js';
import { UnreadableImport } from '../csv/parse-csv.js';
import { GUESTS } from '../directories/directory.js';
import { EXPORT_HEAD, exportedLine } from '../export-guests/exported-line.js';
import type { GuestImporter, GuestImportReport, WantedImport } from '../import-guests/import-guests.js';
import type { ImportedLine, MayNotImport } from '../import-guests/plan-guest-import.js';
import type { KeyedHash } from '../keyed-hash/keyed-hash.js';
import { EXPORT_PART_SIZE, GUESTS_CHANGED_MAX, IMPORT_LENGTH_MAX, IMPORT_LINES_REPORTED_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX } from '../limits.js';
import type { Grants, RightsSubject } from '../rights/granted-rights.js';
import { ensureMayChangeAccount, lackingToChange } from '../rights/may-grant.js';
import { GUEST_SORTS, isEmptyFilter } from './guest-filter.js';
import { readGuestPlace, writeGuestPlace } from './guest-place.js';
import type { GuestSettings } from './guest-settings.js';
import { keepSecrets } from './guest-secrets.js';
import { fromFilterWire, fromGuestWire, oneOf, toGuestWire } from './guest-wire.js';
import type { GuestStore, WriteOutcome } from './guest.store.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

export interface GuestDesk {
  readonly store: GuestStore;
  readonly importer: GuestImporter;
  readonly changes: GuestsChangeStore;
  readonly hash: KeyedHash;
  /** Who may do what: guests may be given rights. */
  readonly grants: () => Promise<Grants>;
  readonly log: Log;
}

/** The guest base, for administrators (WSC-003, WSC-004). */
export class GuestRpc implements ServiceImpl<typeof GuestService> {
  constructor(private readonly desk: GuestDesk) {}

  async listGuests({ filter, sort, descending, limit, cursor }: ListGuestsRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    const order = { sort: oneOf('sort', sort, GUEST_SORTS) || 'login', descending } as const;
    // One more than asked for tells whether there is a next page.
    const found = await this.desk.store.list({ filter: fromFilterWire(filter), ...order, after: readGuestPlace(cursor, order), limit: pageSize + 1 });
    const guests = found.slice(0, pageSize);
    const last = found.length > pageSize ? guests.at(-1) : undefined;
    return { guests: guests.map(toGuestWire), nextCursor: last ? writeGuestPlace(last.place, order) : '' };
  }

  async getGuest({ accountId }: GetGuestRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    return this.answer(accountId);
  }

  async createGuest({ settings: wire }: CreateGuestRequest, context: HandlerContext) {
    const caller = authorize(context, 'guests.add');
    const { settings, secrets } = fromGuestWire(wire);
    ensureMayChangeAccount(caller, await this.desk.grants(), undefined, subjectOf(undefined, settings));
    const accountId = randomUUID();
    ensureWritten(await this.desk.store.create(accountId, settings, await keepSecrets(secrets, accountId, this.desk.hash), 'administrator'), accountId);
    this.desk.log.info('guest created', { accountId, actor: caller.actor });
    return this.answer(accountId);
  }

  async updateGuest({ accountId, settings: wire, version }: UpdateGuestRequest, context: HandlerContext) {
    const caller = authorize(context, 'guests.edit');
    const { settings, secrets } = fromGuestWire(wire);
    const before = await this.desk.store.find(knownForm(accountId));
    if (!before) throw notFound('guest', accountId);
    ensureMayChangeAccount(caller, await this.desk.grants(), subjectOf(accountId, before), subjectOf(accountId, settings));
    // What was looked at is what is changed: whoever is given a group meanwhile may have more rights by it.
    ensureWritten(await this.desk.store.update(accountId, settings, await keepSecrets(secrets, accountId, this.desk.hash), version === 0 ? before.version : version), accountId);
    this.desk.log.info('guest changed', { accountId, actor: caller.actor });
    return this.answer(accountId);
  }

  async deleteGuest({ accountId }: DeleteGuestRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'guests.delete');
    ensureWritten(await this.desk.store.erase(knownForm(accountId), actor), accountId);
    this.desk.log.info('guest erased', { accountId, actor });
    return {};
  }

  async importGuests({ csv, existing, dryRun }: ImportGuestsRequest, context: HandlerContext) {
    const caller = authorize(context, 'guests.add');
    const wanted = oneOf('existing', existing, ['update', 'skip']) || 'update';
    if (wanted === 'update') authorize(context, 'guests.edit');
    const grants = await this.desk.grants();
    const mayNot: MayNotImport = (before, settings) => {
      const lacking = lackingToChange(caller, grants, before && subjectOf(before.accountId, before), subjectOf(before?.accountId, settings));
      return lacking.length === 0 ? '' : `security profiles or roles give this guest rights that you lack: ${lacking.join(', ')}`;
    };
    const { imported, lines, notes } = await this.importFile({ csv, existing: wanted, dryRun, mayNot });
    if (imported === 'changed') throw new ConnectError('Somebody changed these guests meanwhile: nothing was imported; import again.', Code.Aborted);
    const counts = countsOf(lines);
    if (imported === 'yes') this.desk.log.info('guests imported', { ...counts, actor: caller.actor });
    const reported = [...lines.filter(({ outcome }) => outcome === 'refused'), ...lines.filter(({ outcome }) => outcome !== 'refused')].slice(0, IMPORT_LINES_REPORTED_MAX);
    return { imported: imported === 'yes', ...counts, lines: reported, notes: [...notes] };
  }

  async exportGuests({ filter, cursor }: ExportGuestsRequest, context: HandlerContext) {
    authorize(context, 'guests.read');
    const order = { sort: 'login', descending: false } as const;
    const found = await this.desk.store.list({ filter: fromFilterWire(filter), ...order, after: readGuestPlace(cursor, order), limit: EXPORT_PART_SIZE + 1 });
    const guests = found.slice(0, EXPORT_PART_SIZE);
    const last = found.length > EXPORT_PART_SIZE ? guests.at(-1) : undefined;
    return { csv: `${cursor === '' ? EXPORT_HEAD : ''}${guests.map(exportedLine).join('')}`, nextCursor: last ? writeGuestPlace(last.place, order) : '' };
  }

  async changeGuests({ filter: filterWire, change: changeWire, dryRun, expectedCount }: ChangeGuestsRequest, context: HandlerContext) {
    const change = fromChangeWire(changeWire);
    const caller = authorize(context, change.kind === 'erase' ? 'guests.delete' : 'guests.edit');
    const grants = await this.desk.grants();
    if (change.kind === 'set' && change.group !== undefined) ensureMayChangeAccount(caller, grants, undefined, subjectOf(undefined, { login: '', group: change.group }));
    const filter = fromFilterWire(filterWire);
    if (isEmptyFilter(filter)) throw invalidField('filter', 'must say which guests: search, group, company, state or origin');
    if (dryRun) return { found: await this.desk.changes.count(filter), changed: false };
    const mayChange = (guest: GuestToChange): boolean => change.kind === 'erase' || lackingToChange(caller, grants, undefined, subjectOf(guest.accountId, guest)).length === 0;
    const changed = await this.desk.changes.change({ filter, change, mayChange, expectedCount, actor: caller.actor });
    if (changed.outcome === 'forbidden') throw new ConnectError(`Security profiles or roles give the guest ${changed.login} rights that you lack: leave this guest out, or let somebody do it who has them.`, Code.PermissionDenied);
    const { outcome, found } = changed;
    if (outcome === 'too-many') throw invalidField('filter', `finds more than ${GUESTS_CHANGED_MAX} guests, which is as many as are changed at once: narrow it down`);
    if (outcome === 'others') throw new ConnectError(`expectedCount: the filter finds ${found} guests now, not ${expectedCount}; nothing was changed. Look at them again.`, Code.Aborted);
    this.desk.log.info(change.kind === 'erase' ? 'guests erased' : 'guests changed', { count: found, actor: caller.actor });
    return { found, changed: true };
  }

  private async importFile(wanted: WantedImport): Promise<GuestImportReport> {
    const { csv } = wanted;
    if (csv.length > IMPORT_LENGTH_MAX || csv.includes('\u0000')) throw invalidField('csv', `must be at most ${IMPORT_LENGTH_MAX} characters of text: import in parts`);
    try {
      return await this.desk.importer.import(wanted);
    } catch (error) {
      if (error instanceof UnreadableImport) throw invalidField('csv', error.message);
      throw error;
    }
  }

  private async answer(accountId: string) {
    const guest = await this.desk.store.find(knownForm(accountId));
    if (!guest) throw notFound('guest', accountId);
    return { guest: toGuestWire(guest) };
  }
}

function subjectOf(accountId: string | undefined, { login, group }: Pick<GuestSettings, 'login' | 'group'>): RightsSubject {
  return { directoryId: GUESTS, accountId, login, groups: group === '' ? [] : [group] };
}

function countsOf(lines: readonly ImportedLine[]) {
  const count = (wanted: ImportedLine['outcome']): number => lines.filter(({ outcome }) => outcome === wanted).length;
  return { added: count('added'), changed: count('changed'), unchanged: count('unchanged'), skipped: count('skipped'), refused: count('refused') };
}

function ensureWritten(outcome: WriteOutcome, accountId: string): void {
  switch (outcome) {
    case 'written':
      return;
    case 'missing':
      throw notFound('guest', accountId);
    case 'changed':
      throw new ConnectError('Somebody changed this guest meanwhile: read it again and repeat the change.', Code.Aborted);
    case 'login-taken':
      throw new ConnectError('login: another guest has it already; choose another one.', Code.AlreadyExists);
    case 'address-taken':
      throw new ConnectError('addresses: another guest has one of them already; find that guest by it.', Code.AlreadyExists);
    case 'card-taken':
    default:
      throw new ConnectError('cardNumber: it is another guest\'s card already; take it from that guest first.', Code.AlreadyExists);
  }
}

/** What is no UUID names no guest. */
function knownForm(accountId: string): string {
  if (!UUID.test(accountId)) throw notFound('guest', accountId.slice(0, 64));
  return accountId;
}
