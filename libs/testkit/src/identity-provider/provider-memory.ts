import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What a provider remembers, in memory: its clients, sessions, codes, tokens and grants, each by kind and id. */
export class ProviderMemory {
  private readonly entries = new Map<string, AdapterPayload>();

  /** oidc-provider's view of the entries of one kind. */
  adapter(kind: string): Adapter {
    const key = (id: string): string => `${kind}/${id}`;
    return {
      upsert: async (id, payload) => void this.entries.set(key(id), payload),
      find: async (id) => this.entries.get(key(id)),
      findByUserCode: async (userCode) => this.findOf(kind, (payload) => payload.userCode === userCode),
      findByUid: async (uid) => this.findOf(kind, (payload) => payload.uid === uid),
      consume: async (id) => {
        const payload = this.entries.get(key(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
      },
      destroy: async (id) => void this.entries.delete(key(id)),
      revokeByGrantId: async (grantId) => this.forget((payload) => payload.grantId === grantId),
    };
  }

  /** Ends all that an account has granted, as when its password is changed or an administrator revokes its sign-ins. */
  forgetAccount(accountId: string): void {
    this.forget((payload) => payload.accountId === accountId);
  }

  setClient(clientId: string, metadata: AdapterPayload): void {
    this.entries.set(`Client/${clientId}`, metadata);
  }

  private findOf(kind: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const [key, payload] of this.entries) if (key.startsWith(`${kind}/`) && matches(payload)) return payload;
    return undefined;
  }

  private forget(matches: (payload: AdapterPayload) => boolean): void {
    for (const [key, payload] of this.entries) if (matches(payload)) this.entries.delete(key);
  }
}
