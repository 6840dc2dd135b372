import { randomUUID } from 'node:crypto';
import type { Client } from '@connectrpc/connect';
import { ConsolidationService } from '@inkpost/contracts/domain/v1/statistics_pb.js';
import type { Pool } from '@inkpost/postgres/pool.js';
import type { RunningTestService } from '@inkpost/testkit/running-service.js';
import { PEER_HEADER, PEER_SERIAL_HEADER } from '../answer-servers/peer.js';
import type { DomainRole, DomainSettings } from '../domain/domain.js';

type Consolidation = Client<typeof ConsolidationService>;

/** Makes this server the master of a domain, and these its other members, as its database has them. Gives its id. */
export async function becomeMaster({ superuser }: RunningTestService, members: Readonly<Record<string, string>>): Promise<string> {
  const { rows: [own] } = await superuser.query<{ server_id: string }>('SELECT server_id FROM domain_sync.server');
  const masterId = own?.server_id ?? '';
  await enter(superuser, 'master', masterId, {});
  for (const [serverId, name] of Object.entries({ ...members, [masterId]: 'Headquarters' })) await know(superuser, serverId, name, serverId === masterId ? 'master' : 'slave');
  return masterId;
}

/** Makes this server a slave of that master, which nothing answers for at its address. */
export async function becomeSlave({ superuser }: RunningTestService, masterId: string, settings: Partial<DomainSettings>): Promise<void> {
  await know(superuser, masterId, 'Headquarters', 'master');
  await enter(superuser, 'slave', masterId, settings);
}

async function enter(superuser: Pool, role: DomainRole, masterId: string, settings: Partial<DomainSettings>): Promise<void> {
  await superuser.query(
    `INSERT INTO domain_sync.domain (domain_id, name, description, identifier, role, epoch, master_id, succession, settings, revision, authority_certificate, certificate, sealed_key, sealed_sealing_key)
     VALUES ($1, 'WATCHDOCDOM', '', '', $2, 1, $3, '', $4, 1, '', '', '', '')`, [randomUUID(), role, masterId, settings],
  );
}

async function know(superuser: Pool, serverId: string, name: string, role: DomainRole): Promise<void> {
  await superuser.query(
    `INSERT INTO domain_sync.member (server_id, name, version, role, uri, sealing_public_key, certificate_serial, certificate_ends_at, may_be_promoted)
     VALUES ($1, $2, '0', $3, 'https://127.0.0.1:9/watchdoc/server', '', $4, '2100-01-01', false)`, [serverId, name, role, serialOf(serverId)],
  );
}

function serialOf(serverId: string): string {
  return serverId.replaceAll('-', '');
}

/** The master as a member speaks to it, with what the gateway says of its certificate. `cut`: is called before and after each call, and may throw. */
export function asMember(master: RunningTestService, serverId: string, cut: (method: string, moment: 'before' | 'after') => void = () => undefined): Consolidation {
  const client = master.client(ConsolidationService);
  const headers = { [PEER_HEADER]: serverId, [PEER_SERIAL_HEADER]: serialOf(serverId) };
  return new Proxy(client, {
    get: (_target, method: keyof Consolidation) => async (request: object) => {
      cut(method, 'before');
      const answer = await (client[method] as (...call: unknown[]) => Promise<unknown>)(request, { headers });
      cut(method, 'after');
      return answer;
    },
  });
}
