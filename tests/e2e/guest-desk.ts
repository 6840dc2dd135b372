import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { expect } from 'vitest';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import type { FlowClient } from '@inkpost/flow/flow-client.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import type { CheckingClient } from '@inkpost/gateway/rest.harness.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import { ServiceSet } from './service-set.js';

interface Fact {
  readonly subject: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** What serves guests of one installation, as it runs in production: the gateway, guest-account, and domain-sync, which knows the server; acceptance's end of the wire is in the test's hands. */
export class GuestDesk {
  private constructor(
    readonly rest: CheckingClient,
    readonly ports: { readonly http: number; readonly wsc: number },
    /** Of the doors that speak HTTPS. */
    readonly certificate: string,
    readonly superuser: Pool,
    private readonly acceptance: FlowClient,
    private readonly services: ServiceSet,
  ) {}

  static async open(): Promise<GuestDesk> {
    const services = await ServiceSet.start([guestAccount, domainSync, gateway]);
    return new GuestDesk(services.rest, services.ports, await services.certificate(), services.superuser, services.flowOf('acceptance'), services);
  }

  /** Accepts a mail as acceptance does; gives the message's id. */
  async accept(address: string, unknownSender: 'create' | 'refuse' = 'create'): Promise<string> {
    const messageId = randomUUID();
    const payload = { messageId, mailboxId: 'mailbox', queueId: 'queue', subject: 'Please print', sender: { address, displayName: 'Ada Lovelace' }, language: 'fr', unknownSender };
    await this.acceptance.publish({ journeyId: messageId, entries: [], publish: [{ subject: 'acceptance.message-accepted.v1', payload }] });
    return messageId;
  }

  /** What follows from a mail, once it does, but for facts about accounts. */
  async outcome(messageId: string): Promise<Fact> {
    let facts: Fact[] = [];
    await expect.poll(async () => (facts = (await this.facts(messageId)).filter(({ subject }) => subject !== 'account.changed.v1')), { timeout: 15_000 }).not.toEqual([]);
    expect(facts).toHaveLength(1);
    return facts[0] ?? { subject: '', payload: {} };
  }

  async facts(messageId: string): Promise<Fact[]> {
    return (await this.superuser.query<Fact>("SELECT subject, payload FROM flow.message WHERE journey_id = $1 AND producer = 'guest_account'", [messageId])).rows;
  }

  journey(messageId: string): ReturnType<ServiceSet['journey']> {
    return this.services.journey(messageId);
  }

  /** For what a mail waits; undefined: for nothing. */
  async waitsFor(messageId: string): Promise<string | undefined> {
    const { rows: [row] } = await this.superuser.query<{ reason: string }>("SELECT reason FROM flow.message WHERE journey_id = $1 AND consumer = 'guest_account' AND waits > 0", [messageId]);
    return row?.reason;
  }

  async guests(address: string): Promise<{ readonly account_id: string; readonly origin: string; readonly last_used_at: Date | null; readonly display_name: string; readonly language: string }[]> {
    return (await this.superuser.query('SELECT * FROM guest_account.guest WHERE $1 = ANY (addresses)', [address])).rows;
  }

  /** Asks at the door for other servers. */
  async atWsc(method: string, path: string, { token, body }: { readonly token?: string; readonly body?: object } = {}): Promise<{ readonly status: number; readonly location: string | undefined; readonly body: Readonly<Record<string, unknown>> }> {
    return new Promise((resolve, reject) => {
      const headers = { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) };
      request({ host: '127.0.0.1', port: this.ports.wsc, method, path, headers, ca: this.certificate, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, location: response.headers.location, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }));
      }).on('error', reject).end(body ? JSON.stringify(body) : undefined);
    });
  }

  async close(): Promise<void> {
    await this.services.stop();
  }
}
