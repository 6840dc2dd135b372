import { type Pool, query } from '@inkpost/postgres/pool.js';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import { openSecret } from '@inkpost/secrets/seal.js';
import { DEFAULT_SETTINGS, type Domain, type DomainIdentity, type DomainSettings, type Member } from './domain.js';
import { authorityKeyContext, memberKeyContext, sealingKeyContext } from './sealed-keys.js';

const DOMAIN = `SELECT domain_id AS "domainId", name, description, identifier, role, epoch, master_id AS "masterId", succession, settings, revision,
  authority_certificate AS "authorityCertificatePem", certificate AS "certificatePem", joined_at AS "joinedAt" FROM domain`;

const MEMBER = `SELECT server_id AS "serverId", name, tags, version, role, uri, dns, dns_alias AS "dnsAlias", ip, sealing_public_key AS "sealingPublicKey",
  certificate_serial AS "certificateSerial", former_serial AS "formerSerial", certificate_ends_at AS "certificateEndsAt", may_be_promoted AS "mayBePromoted", joined_at AS "joinedAt",
  last_seen_at AS "lastSeenAt", started_at AS "startedAt", load, disk_free_bytes AS "diskFreeBytes", disk_size_bytes AS "diskSizeBytes" FROM member`;

const KEYS = `SELECT domain_id AS "domainId", certificate, authority_certificate AS authority, sealed_key AS "sealedKey", sealed_sealing_key AS "sealedSealingKey",
  sealed_authority_key AS "sealedAuthorityKey", (SELECT server_id FROM server) AS "serverId" FROM domain`;

interface Keys {
  readonly domainId: string;
  readonly serverId: string;
  readonly certificate: string;
  readonly authority: string;
  readonly sealedKey: Buffer;
  readonly sealedSealingKey: Buffer;
  readonly sealedAuthorityKey: Buffer | null;
}

/** What is to be known of a caller: the serial numbers of its certificates, and of the domain who is master. */
export interface KnownPeer {
  readonly certificateSerial: string;
  readonly formerSerial: string;
  readonly masterId: string;
  readonly succession: string;
}

const PEER = `SELECT certificate_serial AS "certificateSerial", former_serial AS "formerSerial", master_id AS "masterId", succession FROM member, domain WHERE server_id = $1`;

type DomainRow = Omit<Domain, 'settings'> & { readonly settings: Partial<DomainSettings> };

/** The domain that this server is in, and its members: each question is asked of the database, so that all replicas know the same. */
export class DomainStore {
  constructor(
    private readonly pool: Pool,
    private readonly masterKey: MasterKey,
  ) {}

  /** Undefined: this server stands for itself. */
  async current(): Promise<Domain | undefined> {
    const [row] = await query<DomainRow & object>(this.pool, 'domain.current', DOMAIN, []);
    return row && { ...row, settings: { ...DEFAULT_SETTINGS, ...row.settings } };
  }

  /** The master first, then by name. */
  async members(): Promise<Member[]> {
    return query<Member & object>(this.pool, 'domain.members', `${MEMBER} ORDER BY role, name, server_id`, []);
  }

  async member(serverId: string): Promise<Member | undefined> {
    const [row] = await query<Member & object>(this.pool, 'domain.member', `${MEMBER} WHERE server_id = $1`, [serverId]);
    return row;
  }

  /** Undefined: no member of this server's domain. */
  async peer(serverId: string): Promise<KnownPeer | undefined> {
    const [row] = await query<KnownPeer & object>(this.pool, 'domain.peer', PEER, [serverId]);
    return row;
  }

  /** By which this server proves itself to others of its domain; undefined: it is in none. */
  async identity(): Promise<DomainIdentity | undefined> {
    const keys = await this.keys();
    return keys && {
      serverId: keys.serverId, certificatePem: keys.certificate, authorityCertificatePem: keys.authority,
      keyPem: openSecret(this.masterKey, memberKeyContext(keys.domainId), keys.sealedKey),
    };
  }

  /** X25519, raw, in base64: opens what was sealed for this server. */
  async sealingKey(): Promise<string | undefined> {
    const keys = await this.keys();
    return keys && openSecret(this.masterKey, sealingKeyContext(keys.domainId), keys.sealedSealingKey);
  }

  /** PEM, where this server has it: it is the master, or may become it. */
  async authorityKey(): Promise<string | undefined> {
    const keys = await this.keys();
    return keys?.sealedAuthorityKey ? openSecret(this.masterKey, authorityKeyContext(keys.domainId), keys.sealedAuthorityKey) : undefined;
  }

  private async keys(): Promise<Keys | undefined> {
    const [row] = await query<Keys & object>(this.pool, 'domain.keys', KEYS, []);
    return row;
  }
}
