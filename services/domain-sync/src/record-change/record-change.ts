import { Code, ConnectError } from '@connectrpc/connect';
import { ConfigurationService, type ReadObjectResponse } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { CauseDown } from '@inkpost/failure/failure.js';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { ObjectOwner, Owners } from '../call-owner/owners.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { ObjectReference } from '../keep-log/log-entry.js';
import type { Cause, LogStore, NewEntry } from '../keep-log/log.store.js';
import { ORDER_BYTES_MAX, READ_OBJECT_MS } from '../limits.js';

export interface RecordChangeParts {
  readonly flow: FlowClient;
  readonly domains: Pick<DomainStore, 'current'>;
  readonly owners: Owners;
  readonly store: LogStore;
  readonly log: Log;
  /** Hears that the log grew. */
  readonly onRecorded: () => void;
}

/** What is done once the log is locked, before the owner is asked: in one transaction with the record. False: nothing is to be recorded, a message was handled before. */
type Consume = (transaction: FlowTransaction, isMaster: boolean) => Promise<boolean>;

/**
 * Brings the log to what an owner has now. The owner is read while the log is locked: so whatever comes in which order and how often, the log's last entry is
 * the owner's last state.
 */
export class RecordChange {
  constructor(private readonly parts: RecordChangeParts) {}

  /** Does nothing where this server is no master. Gives whether the log grew. Throws CauseDown while it can't: an owner doesn't answer, or the master's place is being handed over. */
  async record(owner: ObjectOwner, object: ObjectReference, cause: Cause, consume: Consume = async () => true): Promise<boolean> {
    const { flow, domains, store, log, onRecorded } = this.parts;
    const isMaster = (await domains.current())?.role === 'master';
    const entries = await flow.transaction(async (transaction) => {
      const epoch = isMaster ? await store.lock(transaction) : undefined;
      if (!(await consume(transaction, epoch !== undefined)) || epoch === undefined) return [];
      return this.bring(transaction, epoch, owner, object, cause);
    });
    for (const { kind, objectId, change } of entries) log.info('change recorded for the domain', { kind, objectId, change, cause });
    if (entries.length > 0) onRecorded();
    return entries.length > 0;
  }

  /** The log to what the owner has, for the object and before it for what it needs and the log has not. */
  private async bring(transaction: FlowTransaction, epoch: number, owner: ObjectOwner, object: ObjectReference, cause: Cause, isNeed = false): Promise<NewEntry[]> {
    const { store } = this.parts;
    const latest = await store.latest(transaction, object);
    if (isNeed && latest?.change === 'put') return [];
    const next = nextEntry(owner, object, await this.read(owner, object), latest, cause);
    if (!next) return [];
    const size = Buffer.byteLength(next.body) + (next.sealedSecrets?.length ?? 0);
    if (size > ORDER_BYTES_MAX) {
      await store.leaveOut(transaction, object, next.name, `It has ${size} bytes; ${ORDER_BYTES_MAX} at most are sent to other servers. They keep the version before.`);
      return [];
    }
    const before: NewEntry[] = [];
    for (const need of next.needs) before.push(...(await this.bring(transaction, epoch, owner, need, cause, true)));
    await store.append(transaction, epoch, next);
    return [...before, next];
  }

  /** Undefined: the owner has no such object. */
  private async read(owner: ObjectOwner, { kind, objectId }: ObjectReference): Promise<ReadObjectResponse | undefined> {
    try {
      return await this.parts.owners.client(ConfigurationService, owner).readObject({ kind, objectId }, { timeoutMs: READ_OBJECT_MS });
    } catch (error) {
      const { code } = ConnectError.from(error);
      // An object of another owner, that the first one only names, is told of by its own.
      if (code === Code.NotFound || code === Code.FailedPrecondition) return undefined;
      throw new CauseDown('domain.owner-unreachable', `The service ${owner} does not answer.`, { cause: error, fields: { owner } });
    }
  }
}

interface Latest {
  readonly name: string;
  readonly change: NewEntry['change'];
  readonly version: number;
  readonly digest: string;
}

/** Undefined: the log says so already. */
export function nextEntry(owner: string, { kind, objectId }: ObjectReference, present: ReadObjectResponse | undefined, latest: Latest | undefined, cause: Cause): NewEntry | undefined {
  const state = present?.state;
  const nothingStays = { owner, kind, objectId, body: '', sealedSecrets: null, digest: '', needs: [], cause, name: state?.name ?? latest?.name ?? '', version: Number(state?.version ?? 0n) };
  if (!present || state?.provenance !== 'shared') {
    // Received: of the master before this one, and not this one's yet.
    return latest?.change === 'put' && state?.provenance !== 'received' ? { ...nothingStays, change: present ? 'kept' : 'deleted' } : undefined;
  }
  const [version, digest] = [Number(state.version), Buffer.from(state.digest).toString('hex')];
  if (latest?.change === 'put' && latest.version === version && latest.digest === digest) return undefined;
  return {
    ...nothingStays, change: 'put', version, digest, body: Buffer.from(present.body).toString('utf8'),
    sealedSecrets: present.sealedSecrets.length > 0 ? present.sealedSecrets : null,
    needs: present.needs.map((need) => ({ kind: need.kind, objectId: need.objectId })),
  };
}
