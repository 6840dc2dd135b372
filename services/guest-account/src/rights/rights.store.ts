import { randomUUID } from 'node:crypto';
import type { FlowClient, FlowTransaction } from '@inkpost/flow/flow-client.js';
import { type Pool, query } from '@inkpost/postgres/pool.js';
import { knownRights, type Right } from '@inkpost/service/rights.js';
import { isUniqueViolation } from '../sql-state.js';
import type { CheckedProfile } from './check-profile.js';
import { type Grants, nameKey, nameKeysOf, type ProfileMember, type RightsSubject, type RoleId, type RoleMember, ROLES } from './granted-rights.js';

export interface StoredProfile {
  readonly profileId: string;
  readonly name: string;
  readonly description: string;
  readonly rights: readonly Right[];
  readonly members: readonly ProfileMember[];
  readonly createdAt: Date;
  readonly version: number;
}

export interface StoredRole {
  readonly roleId: RoleId;
  readonly members: readonly RoleMember[];
  readonly version: number;
}

/** taken: another profile has the name. changed: somebody changed it since it was read. */
export type ProfileWrite = 'written' | 'missing' | 'changed' | 'taken';

type ProfileRow = Omit<StoredProfile, 'rights'> & { readonly rights: readonly string[] };

const PROFILES = `SELECT p.profile_id AS "profileId", p.name, p.description, p.rights, p.created_at AS "createdAt", p.version,
    coalesce((SELECT jsonb_agg(jsonb_build_object('name', m.name, 'directoryId', m.directory_id) ORDER BY m.position) FROM profile_member m WHERE m.profile_id = p.profile_id), '[]') AS members
  FROM security_profile p ORDER BY p.name_key`;
const ROLE_MEMBERS = `SELECT r.role_id AS "roleId", r.version,
    coalesce((SELECT jsonb_agg(jsonb_build_object('directoryId', m.directory_id, 'accountId', m.account_id, 'login', m.login) ORDER BY m.login, m.account_id) FROM role_member m WHERE m.role_id = r.role_id), '[]') AS members
  FROM administration_role r ORDER BY r.role_id`;
const INSERT = 'INSERT INTO security_profile (profile_id, name, name_key, description, rights) VALUES ($1, $2, $3, $4, $5)';
const UPDATE = 'UPDATE security_profile SET name = $2, name_key = $3, description = $4, rights = $5, version = version + 1 WHERE profile_id = $1 AND version = $6 RETURNING 1';
const ADD_MEMBERS = `INSERT INTO profile_member (profile_id, position, name, name_key, directory_id)
  SELECT $1, position, name, name_key, nullif(directory_id, '') FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS member (name, name_key, directory_id, position)`;
/** Of all members those alone that may be this account. */
const PROFILES_NAMING = `SELECT p.profile_id AS "profileId", p.rights, jsonb_agg(jsonb_build_object('name', m.name, 'directoryId', m.directory_id)) AS members
  FROM profile_member m JOIN security_profile p USING (profile_id) WHERE m.name_key = ANY ($1::text[]) GROUP BY p.profile_id`;
const ROLES_NAMING = `SELECT role_id AS "roleId", jsonb_agg(jsonb_build_object('directoryId', directory_id, 'accountId', account_id, 'login', login)) AS members
  FROM role_member WHERE directory_id = $1 AND account_id = $2 GROUP BY role_id`;
const ADD_ROLE_MEMBERS = `INSERT INTO role_member (role_id, directory_id, account_id, login)
  SELECT $1, directory_id, account_id, login FROM unnest($2::text[], $3::uuid[], $4::text[]) AS member (directory_id, account_id, login)`;

/** Security profiles and roles as administrators set them. */
export class RightsStore {
  constructor(
    private readonly pool: Pool,
    private readonly flow: FlowClient,
  ) {}

  /** In the order of their names. */
  async profiles(): Promise<readonly StoredProfile[]> {
    const rows = await query<ProfileRow & object>(this.pool, 'rights.profiles', PROFILES, []);
    return rows.map((row) => ({ ...row, rights: knownRights(row.rights) }));
  }

  async roles(): Promise<readonly StoredRole[]> {
    const rows = await query<StoredRole & object>(this.pool, 'rights.roles', ROLE_MEMBERS, []);
    return rows.filter(({ roleId }) => roleId in ROLES);
  }

  /** All of it. */
  async grants(): Promise<Grants> {
    const [profiles, roles] = await Promise.all([this.profiles(), this.roles()]);
    return { profiles, roles };
  }

  /** What gives this account rights, found by its names: there may be many profiles of many members. */
  async grantsNaming(subject: RightsSubject & { readonly accountId: string }): Promise<Grants> {
    const [profiles, roles] = await Promise.all([
      query<ProfileRow & object>(this.pool, 'rights.profiles-naming', PROFILES_NAMING, [nameKeysOf(subject)]),
      query<StoredRole & object>(this.pool, 'rights.roles-naming', ROLES_NAMING, [subject.directoryId, subject.accountId]),
    ]);
    return { profiles: profiles.map((row) => ({ ...row, rights: knownRights(row.rights) })), roles: roles.filter(({ roleId }) => roleId in ROLES) };
  }

  /** Gives the new profile's identifier; undefined: another one has its name. */
  async create(profile: CheckedProfile, profileId: string = randomUUID()): Promise<string | undefined> {
    const outcome = await this.write(async (transaction) => {
      const { name, description, rights } = profile;
      await transaction.query('rights.create', INSERT, [profileId, name, nameKey(name), description, [...rights]]);
      await addMembers(transaction, profileId, profile);
      return 'written';
    });
    return outcome === 'written' ? profileId : undefined;
  }

  /** `version`: of the profile as it was read. */
  async update(profileId: string, profile: CheckedProfile, version: number): Promise<ProfileWrite> {
    return this.write(async (transaction) => {
      const { name, description, rights } = profile;
      const [row] = await transaction.query('rights.update', UPDATE, [profileId, name, nameKey(name), description, [...rights], version]);
      if (!row) {
        const [other] = await transaction.query('rights.exists', 'SELECT 1 FROM security_profile WHERE profile_id = $1', [profileId]);
        return other ? 'changed' : 'missing';
      }
      await transaction.query('rights.empty', 'DELETE FROM profile_member WHERE profile_id = $1', [profileId]);
      await addMembers(transaction, profileId, profile);
      return 'written';
    });
  }

  /** `version`: of the profile as it was read. */
  async remove(profileId: string, version: number): Promise<boolean> {
    const rows = await query(this.pool, 'rights.delete', 'DELETE FROM security_profile WHERE profile_id = $1 AND version = $2 RETURNING 1', [profileId, version]);
    return rows.length === 1;
  }

  /** False: somebody changed it since it was read. */
  async setRoleMembers(roleId: RoleId, members: readonly RoleMember[], version: number): Promise<boolean> {
    return this.flow.transaction(async (transaction) => {
      const [row] = await transaction.query('rights.role', 'UPDATE administration_role SET version = version + 1 WHERE role_id = $1 AND version = $2 RETURNING 1', [roleId, version]);
      if (!row) return false;
      await transaction.query('rights.role-empty', 'DELETE FROM role_member WHERE role_id = $1', [roleId]);
      await transaction.query('rights.role-members', ADD_ROLE_MEMBERS, [roleId, members.map(({ directoryId }) => directoryId), members.map(({ accountId }) => accountId), members.map(({ login }) => login)]);
      return true;
    });
  }

  private async write(work: (transaction: FlowTransaction) => Promise<ProfileWrite>): Promise<ProfileWrite> {
    try {
      return await this.flow.transaction(work);
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken';
      throw error;
    }
  }
}

async function addMembers(transaction: FlowTransaction, profileId: string, { members }: CheckedProfile): Promise<void> {
  await transaction.query('rights.members', ADD_MEMBERS, [profileId, members.map(({ name }) => name), members.map(({ name }) => nameKey(name)), members.map(({ directoryId }) => directoryId ?? '')]);
}
