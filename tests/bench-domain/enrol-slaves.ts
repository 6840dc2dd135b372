import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { makeSealingKeys } from '@inkpost/domain-sync/domain/own-keys.js';
import { authorityKeyContext } from '@inkpost/domain-sync/domain/sealed-keys.js';
import { parseMasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { issueMemberCertificate, openAuthority, requestMembership } from '@inkpost/trust/certificate-authority.js';
import type { SlaveIdentity, SlavesToStart } from './simulate-slaves/conversation.js';

export interface EnrolOptions {
  readonly databaseOwnerUrl: string;
  /** The text of domain-sync's master key. */
  readonly masterKey: string;
  readonly masterOrigin: string;
  readonly slaves: number;
  /** One for each process of slaves. */
  readonly doorPorts: readonly number[];
}

interface DomainRow {
  readonly domainId: string;
  readonly masterId: string;
  readonly epoch: string;
  readonly succession: string;
  readonly authority: string;
  readonly sealedAuthorityKey: Buffer;
}

const DOMAIN = `SELECT domain_id AS "domainId", master_id AS "masterId", epoch, succession, authority_certificate AS authority, sealed_authority_key AS "sealedAuthorityKey" FROM domain_sync.domain`;

const ENROL = `WITH enrolled AS (
    INSERT INTO domain_sync.member (server_id, name, version, role, uri, sealing_public_key, certificate_serial, certificate_ends_at, may_be_promoted, started_at)
    SELECT m.id, 'Simulated', '0', 'slave', m.uri, m.key, m.serial, m.ends, false, now() FROM jsonb_to_recordset($1) AS m (id uuid, uri text, key text, serial text, ends timestamptz))
  UPDATE domain_sync.domain SET revision = revision + 1`;

/**
 * Makes servers members without the steps of joining, which are slow on purpose (a password is proven): each gets a key and a certificate of the domain's own
 * authority, and its row among the members.
 */
export async function enrolSlaves({ databaseOwnerUrl, masterKey, masterOrigin, slaves, doorPorts }: EnrolOptions): Promise<SlavesToStart[]> {
  const client = new Client({ connectionString: databaseOwnerUrl });
  await client.connect();
  try {
    const [domain] = (await client.query<DomainRow>(DOMAIN)).rows;
    if (!domain) throw new Error('The server is in no domain.');
    const { domainId, masterId, epoch, succession, authority: authorityCertificatePem } = domain;
    const authority = await openAuthority({ certificatePem: authorityCertificatePem, keyPem: openSecret(parseMasterKey(masterKey), authorityKeyContext(domainId), domain.sealedAuthorityKey) });
    const now = new Date();
    const groups: SlaveIdentity[][] = doorPorts.map(() => []);
    const rows: object[] = [];
    for (let index = 0; index < slaves; index += 1) {
      const serverId = randomUUID();
      const { request, keyPem } = await requestMembership(serverId);
      const issued = await issueMemberCertificate(authority, serverId, request, { now, days: 90 });
      if (!issued) throw new Error('unreachable: the request is our own');
      const group = index % doorPorts.length;
      groups[group]?.push({ serverId, certificatePem: issued.certificatePem, keyPem });
      rows.push({ id: serverId, uri: `https://127.0.0.1:${doorPorts[group]}/watchdoc/server`, key: makeSealingKeys().publicKey, serial: issued.serial, ends: issued.endsAt });
    }
    await client.query(ENROL, [JSON.stringify(rows)]);
    return groups.map((identities, index) => ({ domainId, masterId, masterOrigin, authorityCertificatePem, succession, epoch: Number(epoch), members: slaves + 1, doorPort: doorPorts[index] ?? 0, slaves: identities }));
  } finally {
    await client.end();
  }
}
