import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreatePersonRequest, DeletePersonRequest, DirectoryPeopleService, ImportPeopleRequest, ListPeopleRequest, PersonSettings as WireSettings, UpdatePersonRequest,
} from '@inkpost/contracts/admin/v1/directories_pb.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { UnreadableImport } from '../csv/parse-csv.js';
import type { DirectoryStore } from '../directories/directory.store.js';
import { CURSOR_LENGTH_MAX, IMPORT_LENGTH_MAX, IMPORT_LINES_REPORTED_MAX, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, PASSWORD_LENGTH_MAX, SEARCH_LENGTH_MAX } from '../limits.js';
import type { Grants, RightsSubject } from '../rights/granted-rights.js';
import { ensureMayChangeAccount, lackingToChange } from '../rights/may-grant.js';
import { hashPassword } from '../sign-in/password-hash.js';
import { checkPerson, isProblem, type PersonSettings } from './person-settings.js';
import type { PasswordHash, PersonStore, PersonWrite, StoredPerson } from './person.store.js';
import { type ImportLine, type ImportPlan, type KnownPerson, type MayNot, planImport } from './plan-import.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/u;

/** People of directories of kind local, for administrators. */
export class PeopleRpc implements ServiceImpl<typeof DirectoryPeopleService> {
  constructor(
    private readonly store: PersonStore,
    private readonly directories: DirectoryStore,
    /** Who may do what: people here may be given rights. */
    private readonly grants: () => Promise<Grants>,
    private readonly log: Log,
  ) {}

  async listPeople({ directoryId, search, limit, cursor }: ListPeopleRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    await this.ensureLocal(directoryId);
    if (search.length > SEARCH_LENGTH_MAX || search.includes('\u0000')) throw invalidField('search', `must be at most ${SEARCH_LENGTH_MAX} characters of text`);
    if (limit > PAGE_SIZE_MAX) throw invalidField('limit', `must be at most ${PAGE_SIZE_MAX}`);
    const pageSize = limit || PAGE_SIZE_DEFAULT;
    // One more than asked for tells whether there is a next page.
    const found = await this.store.list(directoryId, { search: search.trim(), after: readCursor(cursor), limit: pageSize + 1 });
    const people = found.slice(0, pageSize);
    const last = found.length > pageSize ? people.at(-1) : undefined;
    return { people: people.map(toWire), nextCursor: last ? Buffer.from(last.login.toLowerCase()).toString('base64url') : '' };
  }

  async createPerson({ directoryId, settings }: CreatePersonRequest, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    await this.ensureLocal(directoryId);
    const person = checkSettings(settings);
    ensureMayChangeAccount(caller, await this.grants(), undefined, subjectOf(directoryId, undefined, person));
    const accountId = await this.store.create(directoryId, person, await hashOf(settings));
    if (accountId === undefined) throw taken();
    this.log.info('person created', { directoryId, accountId, actor: caller.actor });
    return this.answer(directoryId, accountId);
  }

  async updatePerson({ directoryId, accountId, settings, version }: UpdatePersonRequest, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    await this.ensureLocal(directoryId);
    const person = checkSettings(settings);
    const before = await this.store.find(directoryId, knownForm(accountId));
    if (!before) throw notFound('person', accountId);
    ensureMayChangeAccount(caller, await this.grants(), subjectOf(directoryId, accountId, before), subjectOf(directoryId, accountId, person));
    // What was looked at is what is changed: somebody else may give the person rights meanwhile.
    ensureWritten(await this.store.update(directoryId, accountId, person, await hashOf(settings), version === 0 ? before.version : version), accountId);
    this.log.info('person changed', { directoryId, accountId, actor: caller.actor });
    return this.answer(directoryId, accountId);
  }

  async deletePerson({ directoryId, accountId }: DeletePersonRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    await this.ensureLocal(directoryId);
    ensureWritten(await this.store.remove(directoryId, knownForm(accountId), actor), accountId);
    this.log.info('person erased', { directoryId, accountId, actor });
    return {};
  }

  async importPeople({ directoryId, csv, dryRun }: ImportPeopleRequest, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    await this.ensureLocal(directoryId);
    const known = await this.store.all(directoryId);
    const grants = await this.grants();
    const mayNot = (before: KnownPerson | undefined, person: PersonSettings): string => {
      const lacking = lackingToChange(caller, grants, before && subjectOf(directoryId, before.accountId, before), subjectOf(directoryId, before?.accountId, person));
      return lacking.length === 0 ? '' : `security profiles or roles give this person rights that you lack: ${lacking.join(', ')}`;
    };
    const plan = planOf(csv, known, mayNot);
    const imported = !dryRun && !plan.lines.some(({ outcome }) => outcome === 'refused');
    if (imported) ensureWritten(await this.store.import(directoryId, plan.people), '');
    const counts = countsOf(plan.lines);
    if (imported) this.log.info('people imported', { directoryId, ...counts, actor: caller.actor });
    const reported = [...plan.lines.filter(({ outcome }) => outcome === 'refused'), ...plan.lines.filter(({ outcome }) => outcome !== 'refused')].slice(0, IMPORT_LINES_REPORTED_MAX);
    return { imported, ...counts, lines: reported };
  }

  private async ensureLocal(directoryId: string): Promise<void> {
    const { directories } = await this.directories.load();
    const directory = directories.find((each) => each.directoryId === directoryId);
    if (!directory) throw notFound('directory', directoryId.slice(0, 64));
    if (directory.settings.kind !== 'local') throw new ConnectError(`The directory ${directory.name} is of kind ${directory.settings.kind}: its people are kept elsewhere.`, Code.FailedPrecondition);
  }

  private async answer(directoryId: string, accountId: string) {
    const person = await this.store.find(directoryId, accountId);
    if (!person) throw notFound('person', accountId);
    return { person: toWire(person) };
  }
}

function checkSettings(wire: WireSettings | undefined): PersonSettings {
  if (!wire) throw invalidField('settings', 'is missing');
  const checked = checkPerson(wire);
  if (isProblem(checked)) throw invalidField(checked.field, checked.reason);
  return checked;
}

function subjectOf(directoryId: string, accountId: string | undefined, { login, groups }: Pick<PersonSettings, 'login' | 'groups'>): RightsSubject {
  return { directoryId, accountId, login, groups };
}

async function hashOf(wire: WireSettings | undefined): Promise<PasswordHash> {
  const password = wire?.password;
  if (password === undefined) return undefined;
  if (password.length > PASSWORD_LENGTH_MAX || password.includes('\u0000')) throw invalidField('password', `must have at most ${PASSWORD_LENGTH_MAX} characters`);
  return password === '' ? null : hashPassword(password);
}

function planOf(csv: string, known: readonly StoredPerson[], mayNot: MayNot): ImportPlan {
  if (csv.length > IMPORT_LENGTH_MAX || csv.includes('\u0000')) throw invalidField('csv', `must be at most ${IMPORT_LENGTH_MAX} characters of text: import in parts`);
  try {
    return planImport(csv, known, mayNot);
  } catch (error) {
    if (error instanceof UnreadableImport) throw invalidField('csv', error.message);
    throw error;
  }
}

function countsOf(lines: readonly ImportLine[]) {
  const count = (wanted: ImportLine['outcome']): number => lines.filter(({ outcome }) => outcome === wanted).length;
  return { added: count('added'), changed: count('changed'), unchanged: count('unchanged'), refused: count('refused') };
}

function toWire({ accountId, login, displayName, addresses, language, groups, locked, hasPassword, createdAt, version }: StoredPerson) {
  return {
    accountId, version, passwordStored: hasPassword, createdAt: timestampFromDate(createdAt),
    settings: { login, displayName, addresses: [...addresses], language, groups: [...groups], locked },
  };
}

/** What is no UUID names nobody. */
function knownForm(accountId: string): string {
  if (!UUID.test(accountId)) throw notFound('person', accountId.slice(0, 64));
  return accountId;
}

function readCursor(cursor: string): string {
  const login = Buffer.from(cursor, 'base64url').toString();
  const isOurs = cursor.length <= CURSOR_LENGTH_MAX && Buffer.from(login).toString('base64url') === cursor && !login.includes('\u0000');
  if (!isOurs) throw invalidField('cursor', 'must be the nextCursor of the page before');
  return login;
}

function ensureWritten(outcome: PersonWrite, accountId: string): void {
  switch (outcome) {
    case 'written':
      return;
    case 'missing':
      throw notFound('person', accountId);
    case 'changed':
      throw new ConnectError('Somebody changed this person meanwhile: read it again and repeat the change.', Code.Aborted);
    case 'taken':
      throw taken();
  }
}

function taken(): ConnectError {
  return new ConnectError('Somebody else in this directory has this login, or one of these addresses, already.', Code.AlreadyExists);
}
