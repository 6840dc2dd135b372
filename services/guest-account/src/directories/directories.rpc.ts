import { isDeepStrictEqual } from 'node:util';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  CreateDirectoryRequest, DeleteDirectoryRequest, DirectoryService, DirectorySettings, DuplicateDirectoryRequest, GetDirectoryRequest, ListDirectoriesRequest, TestDirectoryRequest, UpdateDirectoryRequest,
} from '@inkpost/contracts/admin/v1/directories_pb.js';
import type { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { LiveDirectories } from '../find-person/live-directories.js';
import { DIRECTORIES_MAX } from '../limits.js';
import type { DirectoryHealth } from '../ports/directory.port.js';
import type { Grants } from '../rights/granted-rights.js';
import { ensureMayChangeDirectory } from '../rights/may-grant.js';
import { checkWanted } from '../test-directory/check-wanted.js';
import type { DirectoryTests, FoundInTest } from '../test-directory/directory-tests.js';
import { checkDirectory } from './check-directory.js';
import type { DirectoryConfiguration, KindSettings, StoredDirectory } from './directory.js';
import { toDirectoryWire } from './directory-wire.js';
import { type DirectoryStore, type DirectoryWrite, isBuiltIn } from './directory.store.js';
import { duplicateOf } from './duplicate-directory.js';

export interface DirectoriesRpcParts {
  readonly store: DirectoryStore;
  readonly live: LiveDirectories;
  readonly tests: DirectoryTests;
  readonly budget: TestBudget;
  /** Who may do what: people of a directory may be given rights. */
  readonly grants: () => Promise<Grants>;
  readonly log: Log;
}

/** The guest base and META lie in this service's own database: while it answers at all, so do they. */
const OWN: DirectoryHealth = { state: 'answers', problem: '', since: undefined };

/** Where people are looked for, for administrators (WD-008 to WD-011, V-11). */
export class DirectoriesRpc implements ServiceImpl<typeof DirectoryService> {
  constructor(private readonly parts: DirectoriesRpcParts) {}

  async listDirectories(_request: ListDirectoriesRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const configuration = await this.parts.store.load();
    return { directories: configuration.directories.map((directory) => this.shown(directory, configuration)) };
  }

  async getDirectory({ directoryId }: GetDirectoryRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    return this.answer(directoryId);
  }

  async createDirectory({ settings }: CreateDirectoryRequest, context: HandlerContext) {
    return this.create(undefined, settings, context);
  }

  /** `directoryId`: another server's perhaps; undefined: a new one. */
  async create(directoryId: string | undefined, settings: DirectorySettings | undefined, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    const { directories: all, defaultDirectoryId } = await this.parts.store.load();
    const checked = checkDirectory(settings, { all, defaultDirectoryId, changed: undefined });
    ensureRoom(all);
    if (isOutside(checked.settings)) ensureMayChangeDirectory(caller, await this.parts.grants(), '');
    return this.created(await this.parts.store.create(checked, directoryId), 'directory created', caller.actor);
  }

  async updateDirectory({ directoryId, settings, version }: UpdateDirectoryRequest, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    const { directories: all, defaultDirectoryId } = await this.parts.store.load();
    const changed = existing(all, directoryId);
    const checked = checkDirectory(settings, { all, defaultDirectoryId, changed });
    if (isOutside(checked.settings) && !(checked.keepsPassword && isDeepStrictEqual(checked.settings, changed.settings))) ensureMayChangeDirectory(caller, await this.parts.grants(), directoryId);
    // What was checked is what is changed: a password that stays belongs to the settings that were there.
    ensureWritten(await this.parts.store.update(directoryId, checked, version === 0 ? changed.version : version), directoryId);
    this.parts.log.info('directory changed', { directoryId, name: checked.name, actor: caller.actor });
    return this.answer(directoryId);
  }

  async deleteDirectory({ directoryId }: DeleteDirectoryRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { directories, defaultDirectoryId } = await this.parts.store.load();
    const { name } = existing(directories, directoryId);
    if (isBuiltIn(directoryId)) throw new ConnectError(`The directory ${name} is always there.`, Code.FailedPrecondition);
    if (directoryId === defaultDirectoryId) throw new ConnectError('This is the default directory: mark another one before.', Code.FailedPrecondition);
    ensureWritten(await this.parts.store.remove(directoryId), directoryId);
    this.parts.log.info('directory deleted', { directoryId, name, actor });
    return {};
  }

  async duplicateDirectory({ directoryId, name }: DuplicateDirectoryRequest, context: HandlerContext) {
    const caller = authorize(context, 'configuration.write');
    const { directories } = await this.parts.store.load();
    const original = existing(directories, directoryId);
    const copy = duplicateOf(original, name, this.parts.store.passwordOf(original));
    ensureRoom(directories);
    if (isOutside(copy.settings)) ensureMayChangeDirectory(caller, await this.parts.grants(), '');
    return this.created(await this.parts.store.create(copy), 'directory duplicated', caller.actor);
  }

  async testDirectory({ directoryId, ...request }: TestDirectoryRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const configuration = await this.parts.store.load();
    const directory = existing(configuration.directories, directoryId);
    const wanted = checkWanted(request);
    return this.parts.budget.spend(actor, async () => {
      const { steps, found } = await this.parts.tests.run(directory, configuration, wanted, context.signal);
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      this.parts.log.info('directory tested', { directoryId, name: directory.name, failedStep: failed?.step, actor });
      return { passed: !failed, steps: steps.map((step) => ({ ...step })), ...(found ? { found: toFoundWire(found) } : {}) };
    });
  }

  private async created(directoryId: string | undefined, event: string, actor: string) {
    if (directoryId === undefined) throw taken();
    this.parts.log.info(event, { directoryId, actor });
    return this.answer(directoryId);
  }

  private async answer(directoryId: string) {
    const configuration = await this.parts.store.load();
    return { directory: this.shown(existing(configuration.directories, directoryId), configuration) };
  }

  private shown(directory: StoredDirectory, configuration: DirectoryConfiguration) {
    return toDirectoryWire(directory, configuration, this.parts.live.live(directory)?.health ?? OWN);
  }
}

function existing(directories: readonly StoredDirectory[], directoryId: string): StoredDirectory {
  const directory = directories.find((each) => each.directoryId === directoryId);
  if (!directory) throw notFound('directory', directoryId.slice(0, 64));
  return directory;
}

function ensureRoom(directories: readonly StoredDirectory[]): void {
  if (directories.length >= DIRECTORIES_MAX) throw new ConnectError(`There are ${DIRECTORIES_MAX} directories, which is the most.`, Code.FailedPrecondition);
}

function ensureWritten(outcome: DirectoryWrite, directoryId: string): void {
  switch (outcome) {
    case 'written':
      return;
    case 'missing':
      throw notFound('directory', directoryId);
    case 'changed':
      throw new ConnectError('Somebody changed this directory meanwhile: read it again and repeat the change.', Code.Aborted);
    case 'taken':
      throw taken();
  }
}

function taken(): ConnectError {
  return new ConnectError('Another directory has this name, or this alias, already.', Code.AlreadyExists);
}

/** Kept by a server elsewhere: whoever says which one, says who its people are. */
function isOutside({ kind }: KindSettings): boolean {
  return kind !== 'local' && kind !== 'guests' && kind !== 'meta';
}

function toFoundWire({ directory, person: { accountId, login, displayName, addresses, language }, groups }: FoundInTest) {
  return { accountId, directory, login, displayName, language, addresses: [...addresses], groups: [...groups] };
}
