import { isDeepStrictEqual } from 'node:util';
import type { JsonObject } from '@bufbuild/protobuf';
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect';
import type {
  ApplyObjectRequest, ConfigurationService, KeepObjectsRequest, ListSharedObjectsRequest, ReadObjectRequest, SetSharedRequest,
} from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { databaseRefusal } from '@inkpost/postgres/database-refusal.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { canonicalJson, digestOf } from './canonical-json.js';
import { BODY_LENGTH_MAX, OBJECT_ID_LENGTH_MAX, SERVER_NAME_LENGTH_MAX } from './limits.js';
import type { AppliedObject, ObjectReference, SharedKind, SharedObject } from './shared-kind.js';
import type { NotedObject, SharedObjectStore } from './shared-object.store.js';

/** The kinds of one owner, three times: as its administrators write them, and over an `applyingPool` of either sort. */
export interface KindsByWriter {
  readonly own: readonly SharedKind[];
  readonly applying: readonly SharedKind[];
  readonly rehearsing: readonly SharedKind[];
}

export interface ConfigurationParts {
  readonly store: SharedObjectStore;
  readonly kinds: KindsByWriter;
  readonly masterKey: MasterKey;
  readonly log: Log;
}

interface Applied {
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'deleted' | 'absent' | 'refused';
  readonly problem?: string;
  readonly renamedLocal?: string;
}

/** What secrets of an object are sealed for on their way between an owner and domain-sync of the same server. */
export function objectSecretsContext({ kind, objectId }: ObjectReference): string {
  return `domain object ${kind} ${objectId}`;
}

/** What an owner shares with the servers of its domain, and what it is given of the master's; for domain-sync alone. */
export class ConfigurationRpc implements ServiceImpl<typeof ConfigurationService> {
  /** Digests by object, each of one version: a checksum asks for all of them at every heartbeat. */
  private readonly digests = new Map<string, { readonly version: number; readonly name: string; readonly digest: Buffer }>();

  constructor(private readonly parts: ConfigurationParts) {}

  async listSharedObjects({ kind, includeLocal }: ListSharedObjectsRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const objects = [];
    const noted = await this.parts.store.list(kind);
    for (const each of noted) objects.push(await this.state(each, context));
    return { objects: includeLocal ? [...objects, ...(await this.locals(kind, noted, context))] : objects };
  }

  async readObject(reference: ReadObjectRequest, context: HandlerContext) {
    authorize(context, 'configuration.read');
    const kind = this.kind(reference);
    // Before the object: at worst the version is older than the body, and the newer one is told of too.
    const noted = await this.parts.store.find(reference);
    const object = await kind.read(reference.objectId, context);
    if (!object) throw notFound(shown(kind.kind), reference.objectId.slice(0, OBJECT_ID_LENGTH_MAX));
    if (noted.provenance === 'shared') await this.shareNeeds(reference, object, context);
    const { body, name, needs, secrets } = object;
    return {
      state: { ...noted, name, version: BigInt(noted.version), digest: digestOf(body) }, body: Buffer.from(canonicalJson(body)),
      sealedSecrets: secrets ? sealSecret(this.parts.masterKey, objectSecretsContext(reference), canonicalJson(secrets)) : new Uint8Array(),
      needs: needs.map((need) => ({ ...need })),
    };
  }

  async setShared({ kind, objectId, shared }: SetSharedRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const reference = { kind, objectId };
    const object = await this.kind(reference).read(objectId, context);
    if (!object) throw notFound(shown(kind), objectId.slice(0, OBJECT_ID_LENGTH_MAX));
    const { provenance } = await this.parts.store.find(reference);
    if (provenance === 'received') throw new ConnectError(`The ${shown(kind)} "${object.name}" comes from the master: it is shared there.`, Code.FailedPrecondition);
    if (shared) {
      await this.shareNeeds(reference, object, context);
      await this.parts.store.share([reference]);
    } else {
      await this.ensureNotNeeded(reference, context);
      await this.parts.store.unshare(reference);
    }
    this.parts.log.info(shared ? 'object shared' : 'object shared no longer', { kind, objectId, actor });
    return { state: await this.state(await this.parts.store.find(reference), context) };
  }

  async applyObject(request: ApplyObjectRequest, context: HandlerContext) {
    authorize(context, 'configuration.write');
    const { kind, objectId, deleted, dryRun } = request;
    if (!['', 'received', 'shared'].includes(request.provenance)) throw invalidField('provenance', 'must be received or shared');
    if (request.serverName.length > SERVER_NAME_LENGTH_MAX) throw invalidField('serverName', `must have at most ${SERVER_NAME_LENGTH_MAX} characters`);
    const applied = await (deleted ? this.remove(request, context) : this.put(request, context)).catch(refusedBy);
    const { outcome, problem = '', renamedLocal = '' } = applied;
    if (!dryRun && outcome !== 'unchanged' && outcome !== 'absent') this.parts.log.info('object of the master applied', { kind, objectId, outcome, problem, renamedLocal });
    const digest = deleted || outcome === 'refused' ? new Uint8Array() : dryRun ? digestOf(parsed(request.body)) : (await this.state(await this.parts.store.find(request), context)).digest;
    return { outcome, problem, renamedLocal, digest };
  }

  async keepObjects({ as, kind, objectId }: KeepObjectsRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    if (as !== 'local' && as !== 'shared' && as !== 'received') throw invalidField('as', 'must be local, shared or received');
    const objects = await this.parts.store.keep(as, { kind, objectId });
    this.parts.log.info('objects kept', { as, kind, objectId, objects, actor });
    return { objects };
  }

  private async put(request: ApplyObjectRequest, context: HandlerContext): Promise<Applied> {
    const { kind, objectId, provenance: wanted, dryRun, serverName } = request;
    const reference = { kind, objectId };
    const own = this.kind(reference);
    const body = parsed(request.body);
    const secrets = request.sealedSecrets.length > 0 ? parsed(Buffer.from(openSecret(this.parts.masterKey, objectSecretsContext(reference), request.sealedSecrets))) : {};
    const there = await own.read(objectId, context);
    const isSame = there !== undefined && digestOf(there.body).equals(digestOf(body)) && isDeepStrictEqual(there.secrets ?? {}, secrets);
    const { provenance } = await this.parts.store.find(reference);
    if (isSame) {
      if (!dryRun) await (wanted === 'shared' ? this.parts.store.share([reference]) : this.parts.store.markReceived(reference));
      return { outcome: 'unchanged' };
    }
    const object: AppliedObject = { objectId, body, secrets, isThere: there !== undefined, isLocal: there !== undefined && provenance === 'local' };
    const writer = this.writer(request);
    const renamedLocal = wanted === 'shared' ? undefined : await writer.makeRoom?.(object, serverName, dryRun);
    const isThere = renamedLocal === undefined ? object.isThere : (await own.read(objectId, context)) !== undefined && !(dryRun && object.isLocal);
    // A rehearsal can't go on from what it did not do.
    if (!dryRun || renamedLocal === undefined) await writer.apply({ ...object, isThere }, context).catch(endOfRehearsal(dryRun));
    if (!dryRun) await (wanted === 'shared' ? this.parts.store.share([reference]) : this.parts.store.markReceived(reference));
    return { outcome: isThere ? 'changed' : 'created', ...(renamedLocal === undefined ? {} : { renamedLocal }) };
  }

  private async remove(request: ApplyObjectRequest, context: HandlerContext): Promise<Applied> {
    const { objectId, dryRun } = request;
    const own = this.kind(request);
    const { provenance } = await this.parts.store.find(request);
    // A local object of the same identifier is none of the master's business.
    if (provenance === 'local' || !(await own.read(objectId, context))) return { outcome: 'absent' };
    await this.writer(request).delete(objectId, context).catch(endOfRehearsal(dryRun));
    return { outcome: 'deleted' };
  }

  private writer(request: ApplyObjectRequest): SharedKind {
    const { own, applying, rehearsing } = this.parts.kinds;
    return this.kind(request, request.dryRun ? rehearsing : request.provenance === 'shared' ? own : applying);
  }

  private kind({ kind, objectId }: ObjectReference, kinds = this.parts.kinds.own): SharedKind {
    const found = kinds.find((each) => each.kind === kind);
    if (!found) throw new ConnectError(`This server shares nothing of the kind "${kind.slice(0, 64)}": is its version older?`, Code.FailedPrecondition);
    if (objectId === '' || objectId.length > OBJECT_ID_LENGTH_MAX) throw invalidField('objectId', `must have 1 to ${OBJECT_ID_LENGTH_MAX} characters`);
    return found;
  }

  private async state(noted: NotedObject, context: HandlerContext) {
    const key = keyOf(noted);
    let known = this.digests.get(key);
    if (known?.version !== noted.version || noted.version === 0) {
      const object = await this.kind(noted).read(noted.objectId, context);
      known = { version: noted.version, name: object?.name ?? '', digest: object ? digestOf(object.body) : Buffer.alloc(0) };
      this.digests.set(key, known);
    }
    return { ...noted, name: known.name, version: BigInt(noted.version), digest: known.digest };
  }

  private async locals(kind: string, noted: readonly NotedObject[], context: HandlerContext) {
    const known = new Set(noted.map(keyOf));
    const kinds = this.parts.kinds.own.filter((each) => kind === '' || each.kind === kind);
    const lists = await Promise.all(kinds.map(async (each) => (await each.list(context)).map((object) => ({ ...object, kind: each.kind }))));
    return lists.flat().filter((object) => !known.has(keyOf(object))).map((object) => ({ ...object, provenance: 'local', version: 0n, digest: new Uint8Array() }));
  }

  /** A slave can't have an object without what it needs: what is needed is shared with it, the deepest first. */
  private async shareNeeds(reference: ObjectReference, object: SharedObject, context: HandlerContext): Promise<void> {
    const needs = new Map<string, ObjectReference>();
    const collect = async ({ needs: wanted }: SharedObject, above: readonly string[]): Promise<void> => {
      for (const need of wanted) {
        const key = keyOf(need);
        if (above.includes(key)) throw new ConnectError(`The ${shown(need.kind)} "${need.objectId}" needs itself, through what it needs: no other server could begin with it.`, Code.FailedPrecondition);
        if (needs.has(key) || (await this.parts.store.find(need)).provenance !== 'local') continue;
        const needed = await this.kind(need).read(need.objectId, context);
        if (!needed) continue;
        await collect(needed, [...above, key]);
        needs.set(key, need);
      }
    };
    await collect(object, [keyOf(reference)]);
    if (needs.size > 0) await this.parts.store.share([...needs.values()]);
  }

  private async ensureNotNeeded({ kind, objectId }: ObjectReference, context: HandlerContext): Promise<void> {
    for (const other of await this.parts.store.list('')) {
      const object = await this.kind(other).read(other.objectId, context);
      if (object?.needs.some((need) => need.kind === kind && need.objectId === objectId)) {
        throw new ConnectError(`The ${shown(other.kind)} "${object.name}" is shared and needs it.`, Code.FailedPrecondition);
      }
    }
  }
}

function keyOf({ kind, objectId }: ObjectReference): string {
  return canonicalJson([kind, objectId]);
}

function shown(kind: string): string {
  return kind.replaceAll('-', ' ');
}

function parsed(bytes: Uint8Array): JsonObject {
  if (bytes.length > BODY_LENGTH_MAX) throw invalidField('body', `must have at most ${BODY_LENGTH_MAX} bytes`);
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Said below.
  }
  throw invalidField('body', 'must be a JSON object');
}

/** Codes by which an owner says that what is wanted can't be; all else is trouble that passes. */
const REFUSALS: readonly Code[] = [Code.InvalidArgument, Code.AlreadyExists, Code.FailedPrecondition, Code.NotFound, Code.PermissionDenied, Code.ResourceExhausted, Code.Aborted];

function refusedBy(error: unknown): Applied {
  if (error instanceof ConnectError && REFUSALS.includes(error.code)) return { outcome: 'refused', problem: error.rawMessage };
  if (error instanceof PermanentFailure) return { outcome: 'refused', problem: error.message };
  const refusal = databaseRefusal(error);
  if (refusal !== undefined) return { outcome: 'refused', problem: refusal.message };
  throw error;
}

function endOfRehearsal(rehearses: boolean) {
  return (error: unknown): void => {
    if (!rehearses || databaseRefusal(error)?.code !== 'IK003') throw error;
  };
}
