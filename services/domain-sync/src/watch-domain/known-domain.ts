import type { Domain, Member } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import { inNoDomain, notMaster } from '../domain/refuse.js';

/** The domain and its members as this process knows them: looked up again every few seconds and whenever something changes, so that no slave costs a query. */
export class KnownDomain {
  private domain: Domain | undefined;
  private byId: ReadonlyMap<string, Member> = new Map();
  private memberRevision = -1;

  constructor(
    private readonly domains: Pick<DomainStore, 'current' | 'members'>,
    readonly serverId: string,
  ) {}

  get current(): Domain | undefined {
    return this.domain;
  }

  get members(): ReadonlyMap<string, Member> {
    return this.byId;
  }

  get isMaster(): boolean {
    return this.domain?.role === 'master';
  }

  get slaves(): Member[] {
    return [...this.byId.values()].filter(({ serverId }) => serverId !== this.serverId);
  }

  /** Throws the PermanentFailure `domain.in-no-domain`. */
  async demand(): Promise<Domain> {
    if (!this.domain) await this.refresh();
    if (!this.domain) throw inNoDomain();
    return this.domain;
  }

  /** Throws the PermanentFailures `domain.in-no-domain` and `domain.not-master`. */
  async demandMaster(): Promise<Domain> {
    const domain = await this.demand();
    if (!this.isMaster) throw notMaster(domain, this.byId.get(domain.masterId));
    return domain;
  }

  async refresh(): Promise<void> {
    const domain = await this.domains.current();
    const revision = domain?.revision ?? -1;
    if (revision !== this.memberRevision || domain?.domainId !== this.domain?.domainId || domain?.epoch !== this.domain?.epoch) {
      this.byId = new Map(domain ? (await this.domains.members()).map((member) => [member.serverId, member]) : []);
      this.memberRevision = revision;
    }
    this.domain = domain;
  }
}
