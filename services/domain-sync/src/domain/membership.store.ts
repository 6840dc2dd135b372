import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { sealSecret } from '@inkpost/secrets/seal.js';
import type { Domain, Member } from './domain.js';
import { memberOf, type ToldMembership } from './membership-wire.js';
import { authorityKeyContext, memberKeyContext, sealingKeyContext } from './sealed-keys.js';
import { DISSOLVE } from './singleify.js';

/** What a server has when it comes to be in a domain. */
export interface NewMembership {
  readonly domain: Pick<Domain, 'domainId' | 'name' | 'description' | 'identifier' | 'role' | 'epoch' | 'masterId' | 'succession' | 'revision' | 'authorityCertificatePem' | 'certificatePem'> & { readonly settings: string };
  /** PEM; X25519 raw in base64; PEM or none. */
  readonly keys: { readonly own: string; readonly sealing: string; readonly authority: string | undefined };
  readonly members: readonly Member[];
}

/** How a member does, as it says itself. */
export interface Figures {
  readonly name: string;
  readonly version: string;
  readonly startedAt: Date;
  readonly load: number;
  readonly diskFreeBytes: number;
  readonly diskSizeBytes: number;
}

const ENTER = `INSERT INTO domain (domain_id, name, description, identifier, role, epoch, master_id, succession, settings, revision, authority_certificate, certificate, sealed_key, sealed_sealing_key, sealed_authority_key)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT (only_row) DO NOTHING RETURNING 1 AS entered`;

/** Figures that a server says itself are not taken from what another one heard of it earlier. */
const MEMBER = `INSERT INTO member AS m (server_id, name, tags, version, role, uri, dns, dns_alias, ip, sealing_public_key, certificate_serial, former_serial, certificate_ends_at, may_be_promoted, joined_at,
    last_seen_at, started_at, load, disk_free_bytes, disk_size_bytes)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
  ON CONFLICT (server_id) DO UPDATE SET name = excluded.name, tags = excluded.tags, version = excluded.version, role = excluded.role, uri = excluded.uri, dns = excluded.dns, dns_alias = excluded.dns_alias,
    ip = excluded.ip, sealing_public_key = excluded.sealing_public_key, certificate_serial = excluded.certificate_serial, former_serial = excluded.former_serial,
    certificate_ends_at = excluded.certificate_ends_at, may_be_promoted = excluded.may_be_promoted, joined_at = excluded.joined_at, last_seen_at = excluded.last_seen_at,
    started_at = excluded.started_at, load = excluded.load, disk_free_bytes = excluded.disk_free_bytes, disk_size_bytes = excluded.disk_size_bytes`;

const HEAR = `UPDATE domain SET name = $2, description = $3, identifier = $4, settings = $5, revision = $6
  WHERE domain_id = $1 AND role = 'slave' AND epoch = $7 AND revision <> $6 RETURNING 1 AS heard`;

/** The certificate that is used now is the only one from now on. What others list too is told to them; how busy a server is, is not. */
const FIGURES = `WITH before AS (SELECT name, version, former_serial FROM member WHERE server_id = $1),
    noted AS (UPDATE member SET version = $3, started_at = $4, load = $5, disk_free_bytes = $6, disk_size_bytes = $7, last_seen_at = clock_timestamp(), ip = CASE WHEN $8 = '' THEN ip ELSE $8 END,
      former_serial = CASE WHEN certificate_serial = $9 THEN '' ELSE former_serial END, name = $2
      WHERE server_id = $1 RETURNING former_serial)
  UPDATE domain SET revision = revision + 1 FROM before, noted WHERE role = 'master' AND (before.name, before.version, before.former_serial) <> ($2, $3, noted.former_serial)`;

const bumped = (change: string) => `WITH changed AS (${change} RETURNING 1 AS one), bumped AS (UPDATE domain SET revision = revision + 1 WHERE EXISTS (SELECT FROM changed)) SELECT one FROM changed`;

/** Writes of the domain and its members. Who may, has been decided before; what may not be twice, the database says. */
export class MembershipStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
    private readonly masterKey: MasterKey,
  ) {}

  /** False: this server has come to be in a domain meanwhile. */
  async enter({ domain, keys, members }: NewMembership): Promise<boolean> {
    const { domainId } = domain;
    const seal = (context: string, key: string) => sealSecret(this.masterKey, context, key);
    return this.flow.transaction(async (transaction) => {
      const [entered] = await transaction.query('membership.enter', ENTER, [
        domainId, domain.name, domain.description, domain.identifier, domain.role, domain.epoch, domain.masterId, domain.succession, domain.settings, domain.revision, domain.authorityCertificatePem, domain.certificatePem,
        seal(memberKeyContext(domainId), keys.own), seal(sealingKeyContext(domainId), keys.sealing), keys.authority === undefined ? null : seal(authorityKeyContext(domainId), keys.authority),
      ]);
      if (!entered) return false;
      // What was said of an earlier domain is done with: the owners have kept their objects, or do so below.
      await transaction.query('membership.forget', 'DELETE FROM member', []);
      for (const member of members) await writeMember(transaction, member);
      return true;
    });
  }

  /** The domain and its members as its master has them; nothing, where it was told of an older master's. Gives whether anything was new. */
  async hear(told: ToldMembership): Promise<boolean> {
    return this.flow.transaction(async (transaction) => {
      const [heard] = await transaction.query('membership.hear', HEAR, [told.domainId, told.name, told.description, told.identifier, told.settings, Number(told.revision), Number(told.epoch)]);
      if (!heard) return false;
      await transaction.query('membership.gone', 'DELETE FROM member WHERE server_id <> ALL($1::uuid[])', [told.members.map(({ serverId }) => serverId)]);
      for (const entry of told.members) await writeMember(transaction, memberOf(entry, told.masterId));
      return true;
    });
  }

  async admit(member: Member): Promise<void> {
    await this.flow.transaction(async (transaction) => {
      await writeMember(transaction, member);
      await transaction.query('membership.bump', 'UPDATE domain SET revision = revision + 1', []);
    });
  }

  async describe(domain: Pick<Domain, 'name' | 'description' | 'identifier'>): Promise<void> {
    await query(this.pool, 'membership.describe', 'UPDATE domain SET name = $1, description = $2, identifier = $3, revision = revision + 1', [domain.name, domain.description, domain.identifier]);
  }

  /** False: there is no such member. */
  async updateMember(member: Pick<Member, 'serverId' | 'tags' | 'dnsAlias' | 'uri' | 'mayBePromoted'>): Promise<boolean> {
    const rows = await query(this.pool, 'membership.update', bumped('UPDATE member SET tags = $2, dns_alias = $3, uri = $4, may_be_promoted = $5 WHERE server_id = $1'),
      [member.serverId, member.tags, member.dnsAlias, member.uri, member.mayBePromoted]);
    return rows.length > 0;
  }

  /** From now on its certificate is none. False: it was no member. */
  async remove(serverId: string): Promise<boolean> {
    return (await query(this.pool, 'membership.remove', bumped('DELETE FROM member WHERE server_id = $1'), [serverId])).length > 0;
  }

  /** `ip`: empty where it is not known. `serial`: of the certificate that it showed. */
  async noteFigures(serverId: string, { name, version, startedAt, load, diskFreeBytes, diskSizeBytes }: Figures, ip: string, serial: string): Promise<void> {
    await query(this.pool, 'membership.figures', FIGURES, [serverId, name, version, startedAt, load, diskFreeBytes, diskSizeBytes, ip, serial]);
  }

  /** The former one holds until this one is used: also where one in between never came to be, since the answer with it was lost. */
  async certify(serverId: string, serial: string, endsAt: Date): Promise<void> {
    await query(this.pool, 'membership.certify', bumped(`UPDATE member SET former_serial = CASE WHEN former_serial = '' THEN certificate_serial ELSE former_serial END, certificate_serial = $2, certificate_ends_at = $3 WHERE server_id = $1`), [serverId, serial, endsAt]);
  }

  /** This server's own. */
  async keepCertificate(domainId: string, certificatePem: string, keyPem: string): Promise<void> {
    await query(this.pool, 'membership.own-certificate', 'UPDATE domain SET certificate = $2, sealed_key = $3 WHERE domain_id = $1', [domainId, certificatePem, sealSecret(this.masterKey, memberKeyContext(domainId), keyPem)]);
  }

  async keepAuthorityKey(domainId: string, keyPem: string): Promise<void> {
    await query(this.pool, 'membership.authority-key', 'UPDATE domain SET sealed_authority_key = $2 WHERE domain_id = $1', [domainId, sealSecret(this.masterKey, authorityKeyContext(domainId), keyPem)]);
  }

  /** This server became the master: what it received is the domain's to share from now on. */
  async becomeMaster(): Promise<void> {
    await query(this.pool, 'membership.keep-shared', `INSERT INTO keep_objects (keep_as) VALUES ('shared') ON CONFLICT (only_row) DO UPDATE SET keep_as = 'shared'`, []);
  }

  /** This server stands for itself again; what it received is its own. */
  async leave(): Promise<void> {
    await query(this.pool, 'membership.leave', DISSOLVE, []);
  }
}

async function writeMember(transaction: FlowTransaction, member: Member): Promise<void> {
  await transaction.query('membership.member', MEMBER, [
    member.serverId, member.name, member.tags, member.version, member.role, member.uri, member.dns, member.dnsAlias, member.ip, member.sealingPublicKey, member.certificateSerial, member.formerSerial,
    member.certificateEndsAt, member.mayBePromoted, member.joinedAt, member.lastSeenAt, member.startedAt, member.load, member.diskFreeBytes, member.diskSizeBytes,
  ]);
}
