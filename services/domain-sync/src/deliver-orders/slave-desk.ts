import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type MasterMessage, MasterMessageSchema, type Order, type OrderBatchSchema, type RehearsalOutcome, type RehearsedOrder, type SlaveMessage } from '@inkpost/contracts/domain/v1/replication_pb.js';
import type { Domain, Member } from '../domain/domain.js';
import type { KnownLog } from '../keep-log/known-log.js';
import { COMPARE_AGAIN_MS, ORDERS_AT_ONCE, ORDERS_BYTES_AT_ONCE } from '../limits.js';
import type { KnownDomain } from '../watch-domain/known-domain.js';
import { decideNext, firstThatFit, type Next, type SlaveStanding } from './decide-next.js';
import { heardOf, rehearsedOf } from './heard-slave.js';
import type { OperationBudget } from './operation-budget.js';
import { keptOrder, type WriteOrders } from './write-orders.js';

/** As administrators are told: not heard of since the start, orders are under way or wait, all is there, or it has something else and is being healed. */
export type Standing = 'unknown' | 'behind' | 'level' | 'differs';

export interface UnappliedOrder {
  readonly position: number;
  readonly kind: string;
  readonly objectId: string;
  readonly name: string;
  readonly problem: string;
}

export interface RenamedObject {
  readonly kind: string;
  readonly name: string;
  readonly renamedLocal: string;
}

/** What the master knows of a slave. */
export interface HeardSlave extends SlaveStanding {
  readonly heardAt: Date;
  readonly revision: number;
  readonly unapplied: readonly UnappliedOrder[];
  readonly unappliedCount: number;
  readonly renamed: readonly RenamedObject[];
  readonly figures: SlaveMessage['figures'];
  /** How much its clock is ahead; undefined: it does not say. */
  readonly clockAheadMs: number | undefined;
}

interface Slave {
  heard?: HeardSlave;
  /** An administrator wants it compared. */
  asked: boolean;
  compareAgainAt: number;
  toldRevision: number;
  rehearsals: Rehearsal[];
}

/** The orders, with secrets that this slave alone can open. */
export type WriteRehearsal = (domain: Domain, member: Member) => Promise<Order[]>;

interface Rehearsal {
  readonly id: string;
  readonly write: WriteRehearsal;
  /** It is said once: who does not answer it is not asked again. */
  isSaid: boolean;
  readonly done: (outcome: readonly RehearsedOrder[]) => void;
}

/** What is said to a slave; where it is nothing, when it may be something without a change of the log. */
export interface Saying {
  readonly message?: MasterMessage;
  readonly againInMs?: number;
}

type BatchInit = MessageInitShape<typeof OrderBatchSchema>;

export interface SlaveDeskParts {
  readonly known: KnownDomain;
  readonly log: KnownLog;
  readonly budget: OperationBudget;
  readonly writeOrders: WriteOrders;
  /** The clock. */
  readonly now: () => Date;
  /** Since some moment: goes on whatever becomes of the clock. */
  readonly elapsedMs: () => number;
}

/** The master's side of both modes: hears what slaves say, and says what comes next. What it says depends on what it heard alone, so saying it twice does no harm. */
export class SlaveDesk {
  private readonly slaves = new Map<string, Slave>();
  /** Slaves that said something since it was noted. */
  private unnoted = new Set<string>();
  private floor = 0;

  constructor(private readonly parts: SlaveDeskParts) {}

  /** The log up to here is not a row of orders that wait: they were in the memory of a process that is gone (DOM-026). */
  startFrom(floor: number): void {
    this.floor = floor;
  }

  /** The log of this epoch is read: what slaves say can be judged. */
  isOpen(): boolean {
    const { known, log } = this.parts;
    return known.isMaster && log.epoch === known.current?.epoch;
  }

  /** Throws InvalidArgument for what no slave of this domain says: nothing of it counts. */
  hear(serverId: string, message: SlaveMessage): void {
    const slave = this.slave(serverId);
    slave.heard = heardOf(message, this.parts.now());
    this.unnoted.add(serverId);
    if (message.rehearsal) this.endRehearsal(slave, message.rehearsal);
  }

  /** By its last word, as the log is now: who is cut off is behind as soon as something changes. */
  heardOf(serverId: string): { readonly standing: Standing; readonly heard?: HeardSlave } {
    const heard = this.slaves.get(serverId)?.heard;
    return heard ? { standing: this.standingOf(heard), heard } : { standing: 'unknown' };
  }

  /** Those that said something since the last call. */
  takeUnnoted(): { readonly serverId: string; readonly standing: Standing; readonly heard: HeardSlave }[] {
    const ids = [...this.unnoted];
    this.unnoted = new Set();
    return ids.flatMap((serverId) => {
      const { standing, heard } = this.heardOf(serverId);
      return heard ? [{ serverId, standing, heard }] : [];
    });
  }

  /** Compares the slave object by object, however it stands. */
  compare(serverId: string): void {
    this.slave(serverId).asked = true;
  }

  /** Of servers that are members no longer, or of another time as master. */
  forgetAllBut(serverIds: ReadonlySet<string>): void {
    for (const serverId of this.slaves.keys()) if (!serverIds.has(serverId)) this.slaves.delete(serverId);
  }

  /** What a slave would make of these orders: it says so with its next message but one. */
  rehearse(serverId: string, id: string, write: WriteRehearsal): Promise<readonly RehearsedOrder[]> {
    const { promise, resolve } = Promise.withResolvers<readonly RehearsedOrder[]>();
    this.slave(serverId).rehearsals.push({ id, write, isSaid: false, done: resolve });
    return promise;
  }

  endRehearsals(id: string): void {
    for (const slave of this.slaves.values()) slave.rehearsals = slave.rehearsals.filter((rehearsal) => rehearsal.id !== id);
  }

  /** A word that says nothing but that the master is there. */
  greeting(domain: Domain): MasterMessage {
    return this.message(domain, {});
  }

  async say(domain: Domain, member: Member): Promise<Saying> {
    const { log, elapsedMs } = this.parts;
    const slave = this.slave(member.serverId);
    if (!slave.heard) return { message: this.greeting(domain) };
    const next = decideNext(log.state, slave.heard, { asked: slave.asked, floor: this.floor });
    const rehearsal = slave.rehearsals.find(({ isSaid }) => !isSaid);
    if (rehearsal) {
      rehearsal.isSaid = true;
      return { message: this.message(domain, { rehearsal: { rehearsalId: rehearsal.id, orders: await rehearsal.write(domain, member) } }) };
    }
    if (next.say === 'nothing') {
      if (slave.heard.inventory) this.heal(slave, true);
      return this.tellRevision(domain, slave, slave.heard.revision);
    }
    if (next.say !== 'send-inventory') return this.sayOrders(domain, member, slave, next);
    if (!slave.asked && elapsedMs() < slave.compareAgainAt) return { againInMs: slave.compareAgainAt - elapsedMs() };
    slave.compareAgainAt = elapsedMs() + COMPARE_AGAIN_MS;
    slave.asked = false;
    return { message: this.message(domain, { inventoryWanted: true }) };
  }

  private async sayOrders(domain: Domain, member: Member, slave: Slave, next: Next & { readonly say: 'orders' | 'snapshot' }): Promise<Saying> {
    const all = next.say === 'orders' ? next.orders : next.send;
    const drops = next.say === 'snapshot' ? next.drop : [];
    const wanted = firstThatFit(all, ORDERS_AT_ONCE, ORDERS_BYTES_AT_ONCE);
    const dropped = wanted.length === all.length ? drops.slice(0, ORDERS_AT_ONCE - wanted.length) : [];
    const { granted, againInMs } = this.grant(wanted.length + dropped.length, domain);
    if (wanted.length + dropped.length > 0 && granted === 0) return { againInMs };
    const sent = wanted.slice(0, granted);
    const orders = [...(await this.parts.writeOrders.write(domain, member, sent)), ...dropped.slice(0, granted - sent.length).map((object) => keptOrder(this.parts.log.state.find(object), object))];
    const isComplete = orders.length === all.length + drops.length;
    if (next.say === 'orders') {
      return { message: this.message(domain, { batch: { after: BigInt(next.after), until: BigInt(isComplete ? next.until : (sent.at(-1)?.position ?? next.after)), complete: true, orders } }) };
    }
    this.heal(slave, isComplete);
    return { message: this.message(domain, { batch: { until: BigInt(next.until), snapshot: true, complete: isComplete, orders } }) };
  }

  /** That the domain or its members changed is said once; what changed, the slave asks for. */
  private tellRevision(domain: Domain, slave: Slave, revision: number): Saying {
    if (revision >= domain.revision || slave.toldRevision === domain.revision) return {};
    slave.toldRevision = domain.revision;
    return { message: this.greeting(domain) };
  }

  /** An inventory serves once. Where more is to be sent, the next is asked for at once. */
  private heal(slave: Slave, isComplete: boolean): void {
    if (slave.heard) slave.heard = { ...slave.heard, inventory: undefined };
    slave.compareAgainAt = isComplete ? this.parts.elapsedMs() + COMPARE_AGAIN_MS : 0;
  }

  private grant(wanted: number, { settings: { operationsPerMinute } }: Domain): { readonly granted: number; readonly againInMs: number } {
    const { budget, elapsedMs } = this.parts;
    if (operationsPerMinute === 0) return { granted: wanted, againInMs: 0 };
    const share = Math.max(1, Math.floor(budget.free(operationsPerMinute, elapsedMs()) / Math.max(1, this.behind())));
    // What is left of a minute is shared by those who are behind: a slave that lacks much does not hold up the others.
    const granted = budget.take(Math.min(wanted, share), operationsPerMinute, elapsedMs());
    return { granted, againInMs: budget.freeInMs(operationsPerMinute, elapsedMs()) };
  }

  private behind(): number {
    return [...this.slaves.values()].filter(({ heard }) => heard && heard.position < this.parts.log.state.head).length;
  }

  private message(domain: Domain, what: { readonly batch?: BatchInit; readonly inventoryWanted?: boolean; readonly rehearsal?: { readonly rehearsalId: string; readonly orders: Order[] } }): MasterMessage {
    return create(MasterMessageSchema, { domainId: domain.domainId, epoch: BigInt(domain.epoch), head: BigInt(this.parts.log.state.head), revision: BigInt(domain.revision), ...what });
  }

  private standingOf(heard: HeardSlave): Standing {
    const { state } = this.parts.log;
    if (!state.continues(heard) || (heard.position === state.head && heard.checksum !== '' && heard.checksum !== state.checksum(heard.heldUpKinds))) return 'differs';
    return heard.position < state.head || heard.unappliedCount > 0 ? 'behind' : 'level';
  }

  private endRehearsal(slave: Slave, { rehearsalId, orders }: RehearsalOutcome): void {
    slave.rehearsals.find(({ id }) => id === rehearsalId)?.done(rehearsedOf(orders));
    slave.rehearsals = slave.rehearsals.filter(({ id }) => id !== rehearsalId);
  }

  private slave(serverId: string): Slave {
    let slave = this.slaves.get(serverId);
    if (!slave) {
      slave = { asked: false, compareAgainAt: 0, toldRevision: 0, rehearsals: [] };
      this.slaves.set(serverId, slave);
    }
    return slave;
  }
}
