import { randomUUID } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { ConfigurationService, type ObjectState } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { OrderSchema } from '@inkpost/contracts/domain/v1/replication_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { invalidField, notFound } from '@inkpost/service/rpc-errors.js';
import { OBJECT_OWNERS, type ObjectOwner, type Owners } from '../call-owner/owners.js';
import type { SlaveDesk } from '../deliver-orders/slave-desk.js';
import type { Member } from '../domain/domain.js';
import { refusal } from '../domain/refuse.js';
import type { KnownLog } from '../keep-log/known-log.js';
import type { ObjectReference } from '../keep-log/log-entry.js';
import type { LogStore } from '../keep-log/log.store.js';
import { objectSecretsContext } from '../keep-log/object-secrets.js';
import { CHANGES_SHOWN_MAX, HISTORY_SHOWN_MAX, REHEARSAL_MS } from '../limits.js';
import { ownerOfKind, SHARED_KINDS } from '../record-change/kind-owners.js';
import type { RecordChange } from '../record-change/record-change.js';
import { isScheduled } from '../record-change/scheduled-kinds.js';
import { sealForMember } from '../seal-secrets/seal-for-member.js';
import { bodyChanges, type FieldChange } from '../show-history/body-changes.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';

const TOO_LATE = `It did not answer within ${REHEARSAL_MS / 1_000} s: it is not reached, or it pauses between two calls (mailbox mode). Try again.`;

export interface GlobalObjectsParts {
  readonly known: KnownDomain;
  readonly knownLog: KnownLog;
  readonly store: LogStore;
  readonly desk: SlaveDesk;
  readonly changes: RecordChange;
  readonly owners: Owners;
  readonly masterKey: MasterKey;
  readonly wake: (serverId: string) => void;
}

/** How an object stands in the domain. */
export interface GlobalObject {
  readonly state: ObjectState;
  /** 0: the log has it not. */
  readonly position: number;
  readonly behindServerIds: readonly string[];
}

export interface ObjectVersion {
  readonly position: number;
  readonly epoch: number;
  readonly recordedAt: Date;
  readonly name: string;
  readonly change: string;
  readonly cause: string;
  readonly changes: readonly FieldChange[];
}

export interface RehearsalResult {
  readonly member: Member;
  readonly outcome: string;
  readonly problem: string;
  readonly renamedLocal: string;
}

/** What administrators do with objects that a domain shares. */
export class GlobalObjects {
  constructor(private readonly parts: GlobalObjectsParts) {}

  async list(kind: string, includeLocal: boolean): Promise<GlobalObject[]> {
    const owners = kind === '' ? OBJECT_OWNERS : [this.owner(kind)];
    const lists = await Promise.all(owners.map(async (owner) => (await this.configuration(owner).listSharedObjects({ kind, includeLocal })).objects));
    return lists.flat().map((state) => this.standing(state));
  }

  /** Ticks or unticks Global. `ensureMaster` was asked before. */
  async setGlobal(object: ObjectReference, global: boolean): Promise<GlobalObject> {
    const { known, knownLog, changes } = this.parts;
    const owner = this.owner(object.kind);
    if (isScheduled(object.kind)) throw invalidField('kind', 'is replicated by server maintenance, all of a kind together');
    if (!global && known.current?.settings.strict) {
      throw new ConnectError('What is global stays global while the domain is strict: an administrator can set strict off. The slaves then keep their last version as their own.', Code.FailedPrecondition);
    }
    const { state } = await this.configuration(owner).setShared({ ...object, shared: global });
    if (!state) throw notFound(object.kind, object.objectId);
    // The owner tells of it too; here it is in the log when the answer comes, whoever of both was first, and the answer says where.
    await changes.record(owner, object, 'share');
    await knownLog.refresh(known.current?.epoch ?? knownLog.epoch);
    return this.standing(state);
  }

  /** The newest first. */
  async history(object: ObjectReference): Promise<ObjectVersion[]> {
    const entries = await this.parts.store.history(object, HISTORY_SHOWN_MAX + 1);
    if (entries.length === 0) throw notFound(object.kind, object.objectId);
    return entries.slice(0, HISTORY_SHOWN_MAX).map(({ body, ...entry }, index) => ({ ...entry, changes: bodyChanges(entries[index + 1]?.body ?? '', body, CHANGES_SHOWN_MAX) }));
  }

  /** Puts an earlier version of one of the master's own objects back. */
  async rollBack(object: ObjectReference, position: number): Promise<string> {
    const { store, changes } = this.parts;
    const owner = this.owner(object.kind);
    const entry = (await store.history(object, Number.MAX_SAFE_INTEGER)).find((each) => each.position === position);
    if (entry?.change !== 'put') throw invalidField('position', 'must be that of a version that the history shows, in which the object was there');
    const [content] = await store.contents([position]);
    let outcome = '';
    // While the log is locked: the owner tells of the change too, and is heard after this.
    await changes.record(owner, object, 'roll-back', async (_transaction, isMaster) => {
      if (!isMaster) throw refusal('not-master', 'Another server is the master since: go back there.');
      const applied = await this.configuration(owner).applyObject({ ...object, provenance: 'shared', body: Buffer.from(entry.body), sealedSecrets: content?.sealedSecrets ?? new Uint8Array() });
      if (applied.outcome === 'refused') throw new PermanentFailure('domain.roll-back-refused', `It can't be as it was: ${applied.problem}`);
      ({ outcome } = applied);
      return true;
    });
    return outcome;
  }

  /** What slaves would make of the object as it is now. Who doesn't answer in time has an empty outcome, and the problem says so. */
  async rehearse(object: ObjectReference, serverIds: readonly string[]): Promise<{ readonly changes: FieldChange[]; readonly results: RehearsalResult[] }> {
    const { known, knownLog, desk, wake, store } = this.parts;
    const owner = this.owner(object.kind);
    const members = known.slaves.filter(({ serverId }) => serverIds.length === 0 || serverIds.includes(serverId));
    const { state, body, sealedSecrets, needs } = await this.configuration(owner).readObject({ ...object });
    const secrets = sealedSecrets.length > 0 ? openSecret(this.parts.masterKey, objectSecretsContext(object.kind, object.objectId), sealedSecrets) : undefined;
    const id = randomUUID();
    const unshared = needs.filter((need) => knownLog.state.find(need)?.change !== 'put');
    const tooLate = new Promise<undefined>((resolve) => setTimeout(resolve, REHEARSAL_MS, undefined).unref());
    const results = await Promise.all(members.map(async (member): Promise<RehearsalResult> => {
      const outcome = desk.rehearse(member.serverId, id, async ({ domainId }, { serverId, sealingPublicKey }) => {
        const sealed = secrets === undefined ? {} : { secrets: await sealForMember(sealingPublicKey, { domainId, serverId, ...object, position: 0 }, secrets) };
        return [create(OrderSchema, { owner, ...object, name: state?.name ?? '', body, digest: state?.digest ?? new Uint8Array(), needs: needs.map((need) => ({ kind: need.kind, objectId: need.objectId })), ...sealed })];
      });
      wake(member.serverId);
      const [first] = (await Promise.race([outcome, tooLate])) ?? [];
      return first ? { member, outcome: first.outcome, problem: problemOf(first, unshared), renamedLocal: first.renamedLocal } : { member, outcome: '', problem: TOO_LATE, renamedLocal: '' };
    }));
    desk.endRehearsals(id);
    const [latest] = await store.history(object, 1);
    return { results, changes: bodyChanges(latest?.body ?? '', Buffer.from(body).toString('utf8'), CHANGES_SHOWN_MAX) };
  }

  private owner(kind: string): ObjectOwner {
    const owner = ownerOfKind(kind);
    if (!owner) throw invalidField('kind', `must be one of ${SHARED_KINDS.join(', ')}`);
    return owner;
  }

  private configuration(owner: ObjectOwner) {
    return this.parts.owners.client(ConfigurationService, owner);
  }

  private standing(state: ObjectState): GlobalObject {
    const { known, knownLog, desk } = this.parts;
    const entry = known.isMaster ? knownLog.state.find(state) : undefined;
    if (entry?.change !== 'put') return { state, position: 0, behindServerIds: [] };
    const behind = known.slaves.filter(({ serverId }) => {
      const { heard } = desk.heardOf(serverId);
      return !heard || heard.position < entry.position || heard.unapplied.some(({ kind, objectId }) => kind === entry.kind && objectId === entry.objectId);
    });
    return { state, position: entry.position, behindServerIds: behind.map(({ serverId }) => serverId) };
  }
}

/** A rehearsal has the one object alone, while ticking it brings along what it needs. */
function problemOf({ outcome, problem }: Pick<RehearsalResult, 'outcome' | 'problem'>, unshared: readonly ObjectReference[]): string {
  if (outcome !== 'refused' || unshared.length === 0) return problem;
  return `${problem.replace(/[.\s]*$/u, '')}. That may be because it was tried without what it needs and what is not global yet; ticked with it, that comes first: ${unshared.map(({ kind, objectId }) => `${kind} ${objectId}`).join(', ')}.`;
}
