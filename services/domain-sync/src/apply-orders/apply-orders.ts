import { Code, ConnectError } from '@connectrpc/connect';
import { ConfigurationService } from '@inkpost/contracts/admin/v1/configuration_pb.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { OBJECT_OWNERS, type ObjectOwner, type Owners } from '../call-owner/owners.js';
import { keyOf } from '../keep-log/log-entry.js';
import type { LogStore } from '../keep-log/log.store.js';
import { orderOfApplication, unmetNeed } from './order-of-application.js';
import type { TakenOrder, TakenOrderStore } from './taken-order.store.js';

export interface ApplyOrdersParts {
  readonly store: TakenOrderStore;
  readonly contents: Pick<LogStore, 'contents'>;
  readonly owners: Owners;
  readonly serverName: () => Promise<string>;
  /** An object of this server stepped aside. */
  readonly onRenamed: () => void;
  readonly log: Log;
}

/** Of an order whose secrets were lost on their way: applied without them, the object would lose its own. It goes once the master sends it anew. */
export const SECRETS_UNREADABLE = 'Its secrets are not sealed for this server, whose key is another one than the master has: let this server leave the domain and join again.';

/** What became of an order: it is done, or it stays for a reason. `passes`: no refusal, but an owner that doesn't answer. */
type Result = { readonly done: true; readonly renamedLocal: string } | { readonly done: false; readonly problem: string; readonly passes: boolean };

export function isObjectOwner(name: string): name is ObjectOwner {
  return (OBJECT_OWNERS as readonly string[]).includes(name);
}

/** Hands pending orders to their owners, one after the other. What an owner refuses holds up its own kind, and what needs it; everything else goes on. */
export class ApplyOrders {
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: ApplyOrdersParts) {}

  /** All that is pending now; what is applied already at this moment is not applied by two. */
  async run(signal: AbortSignal): Promise<void> {
    const mine = this.running.catch(() => undefined).then(async () => this.round(signal));
    this.running = mine;
    await mine;
  }

  private async round(signal: AbortSignal): Promise<void> {
    const { store } = this.parts;
    const orders = orderOfApplication(await store.pending());
    if (orders.length === 0) return;
    const open = new Set(orders.map(keyOf));
    const heldUp = new Set<string>();
    const serverName = await this.parts.serverName();
    for (const order of orders) {
      if (signal.aborted) return;
      if (heldUp.has(order.kind)) continue;
      open.delete(keyOf(order));
      const need = unmetNeed(order, open);
      const result: Result = need ? { done: false, problem: `It needs the ${need.kind} ${need.objectId}, which is not applied here.`, passes: false } : await this.apply(order, serverName);
      if (result.done) {
        await store.settle(order, { name: order.name, renamedLocal: result.renamedLocal });
        if (result.renamedLocal !== '') this.parts.onRenamed();
        continue;
      }
      open.add(keyOf(order));
      heldUp.add(order.kind);
      if (order.problem !== result.problem) {
        this.parts.log[result.passes ? 'info' : 'warning']('order not applied', { kind: order.kind, objectId: order.objectId, position: order.position, problem: result.problem });
        await store.leave(order, result.problem);
      }
    }
  }

  private async apply(order: TakenOrder, serverName: string): Promise<Result> {
    const { owner, kind, objectId, change, problem: known } = order;
    if (known === SECRETS_UNREADABLE) return { done: false, problem: known, passes: false };
    if (!isObjectOwner(owner)) return { done: false, problem: `This server has no service ${owner}: is its version older?`, passes: false };
    const configuration = this.parts.owners.client(ConfigurationService, owner);
    try {
      if (change === 'kept') {
        await configuration.keepObjects({ as: 'local', kind, objectId });
        return { done: true, renamedLocal: '' };
      }
      const [content] = change === 'put' ? await this.parts.contents.contents([order.position]) : [];
      const { outcome, problem, renamedLocal } = await configuration.applyObject({
        kind, objectId, serverName, deleted: change === 'deleted', body: Buffer.from(content?.body ?? ''), sealedSecrets: content?.sealedSecrets ?? new Uint8Array(),
      });
      return outcome === 'refused' ? { done: false, problem, passes: false } : { done: true, renamedLocal };
    } catch (error) {
      const { code, rawMessage } = ConnectError.from(error);
      const passes = code === Code.Unavailable || code === Code.DeadlineExceeded || code === Code.Unknown || code === Code.Internal;
      return { done: false, passes, problem: passes ? `The service ${owner} does not answer.` : rawMessage };
    }
  }
}
