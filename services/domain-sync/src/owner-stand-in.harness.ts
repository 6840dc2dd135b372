import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';
import { type ApplyObjectRequest, ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import { NotificationEventService } from '@inkpost/contracts/admin/v1/notification_pb.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret, sealSecret } from '@inkpost/secrets/seal.js';
import type { ObjectReference } from './keep-log/log-entry.js';
import { keyOf } from './keep-log/log-entry.js';
import { objectSecretsContext } from './keep-log/object-secrets.js';

/** An object at an owner. */
export interface OwnedObject extends ObjectReference {
  readonly name: string;
  readonly body: unknown;
  readonly secrets?: string;
  readonly needs?: readonly ObjectReference[];
  provenance?: 'local' | 'shared' | 'received';
}

interface Held extends OwnedObject {
  provenance: 'local' | 'shared' | 'received';
  version: number;
}

/** An owner of objects that keeps them in memory, behind the real contract on a real port: what the owners' own tests show of them is not of interest here. */
export class OwnerStandIn {
  readonly objects = new Map<string, Held>();
  /** Every application, in its order: `put queue q1`. */
  readonly applied: string[] = [];
  /** Says why an object is refused. */
  refuse: (request: ApplyObjectRequest) => string | undefined = () => undefined;
  /** Waited for before an object is applied. */
  beforeApply: () => Promise<void> = async () => undefined;
  /** What administrators are to be told by mail; what the mail server says to it. */
  readonly mailed: string[] = [];
  mailOutcome = 'told';
  private versions = 0;
  private server: Server | undefined;

  constructor(private readonly masterKey: MasterKey) {}

  async start(): Promise<string> {
    this.server = createServer(connectNodeAdapter({
      readMaxBytes: 64 * 1024 * 1024,
      routes: (router) => router.service(NotificationEventService, {
        tellObjectRenamed: ({ server, object, renamed }) => {
          this.mailed.push(`${server}: ${object}: ${renamed}`);
          return { outcome: this.mailOutcome };
        },
      }).service(ConfigurationService, {
        listSharedObjects: ({ kind, includeLocal }) => ({ objects: [...this.objects.values()].filter((object) => (kind === '' || object.kind === kind) && (includeLocal || object.provenance !== 'local')).map((object) => stateOf(object)) }),
        readObject: ({ kind, objectId }) => this.read({ kind, objectId }),
        setShared: ({ kind, objectId, shared }) => {
          const object = this.find({ kind, objectId });
          object.provenance = shared ? 'shared' : 'local';
          object.version = this.versions += 1;
          return { state: stateOf(object) };
        },
        applyObject: (request) => this.apply(request),
        keepObjects: ({ as, kind, objectId }) => {
          const chosen = [...this.objects.values()].filter((object) => (kind === '' || object.kind === kind) && (objectId === '' || object.objectId === objectId) && object.provenance !== 'local');
          for (const object of chosen) object.provenance = as as Held['provenance'];
          return { objects: chosen.length };
        },
      }),
    }));
    const { server } = this;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((resolve) => this.server?.close(resolve));
  }

  /** As an administrator sets it here. */
  put(object: OwnedObject): void {
    this.objects.set(keyOf(object), { ...object, provenance: object.provenance ?? 'shared', version: (this.versions += 1) });
  }

  remove(object: ObjectReference): void {
    this.objects.delete(keyOf(object));
  }

  /** `queue q1`: name, body, secrets and provenance of all that a domain shares. */
  shared(): Record<string, unknown> {
    const shared = [...this.objects.values()].filter(({ provenance }) => provenance !== 'local');
    return Object.fromEntries(shared.map(({ kind, objectId, body, secrets }) => [`${kind} ${objectId}`, secrets === undefined ? body : [body, secrets]]));
  }

  private find(reference: ObjectReference): Held {
    const object = this.objects.get(keyOf(reference));
    if (!object) throw new ConnectError('There is none.', Code.NotFound);
    return object;
  }

  private read(reference: ObjectReference) {
    const object = this.find(reference);
    const { secrets } = object;
    return {
      state: stateOf(object), body: Buffer.from(JSON.stringify(object.body)), needs: (object.needs ?? []).map((need) => ({ ...need })),
      sealedSecrets: secrets === undefined ? new Uint8Array() : sealSecret(this.masterKey, objectSecretsContext(object.kind, object.objectId), secrets),
    };
  }

  private async apply(request: ApplyObjectRequest) {
    const { kind, objectId, deleted, dryRun } = request;
    await this.beforeApply();
    const problem = this.refuse(request);
    if (problem !== undefined) return { outcome: 'refused', problem };
    const before = this.objects.get(keyOf(request));
    if (dryRun) return { outcome: deleted ? 'deleted' : before ? 'changed' : 'created' };
    this.applied.push(`${deleted ? 'delete' : 'put'} ${kind} ${objectId}`);
    if (deleted) return { outcome: this.objects.delete(keyOf(request)) ? 'deleted' : 'absent' };
    const body = JSON.parse(Buffer.from(request.body).toString('utf8')) as { name?: string };
    const secrets = request.sealedSecrets.length > 0 ? { secrets: openSecret(this.masterKey, objectSecretsContext(kind, objectId), request.sealedSecrets) } : {};
    const renamed = [...this.objects.values()].find((object) => object.provenance === 'local' && object.kind === kind && object.name === body.name);
    if (renamed) this.objects.set(keyOf(renamed), { ...renamed, name: `${renamed.name} (${request.serverName})` });
    this.objects.set(keyOf(request), { kind, objectId, body, name: body.name ?? objectId, provenance: request.provenance === 'shared' ? 'shared' : 'received', version: (this.versions += 1), ...secrets });
    return { outcome: before ? 'changed' : 'created', renamedLocal: renamed ? `${renamed.name} (${request.serverName})` : '' };
  }
}

function stateOf({ kind, objectId, name, provenance, version, body }: Held) {
  return { kind, objectId, name, provenance, version: BigInt(version), digest: createHash('sha256').update(JSON.stringify(body)).digest() };
}
