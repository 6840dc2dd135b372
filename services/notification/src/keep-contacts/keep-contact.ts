/**
 * CTEs that keep where to write to an account, in which language, and by which addresses it is known; they read `FROM step`. Parameters: account id,
 * address, name, language, version, whether it is in a directory, and all addresses. An older fact changes nothing; nor does one about an account that is gone.
 */
export function keepContact(firstParameter: number): string {
  const [accountId, address, displayName, language, version, inDirectory, addresses] = Array.from({ length: 7 }, (_, index) => `$${firstParameter + index}`);
  return `kept AS (
      INSERT INTO contact AS c (account_id, address, display_name, language, version, in_directory)
      SELECT ${accountId}::text, ${address}::text, ${displayName}::text, ${language}::text, ${version}::bigint, ${inDirectory}::boolean FROM step
      ON CONFLICT (account_id) DO UPDATE SET address = excluded.address, display_name = excluded.display_name, language = excluded.language, version = excluded.version,
        in_directory = excluded.in_directory, confirmed_at = now()
      WHERE (c.version < excluded.version OR (c.version = excluded.version AND excluded.in_directory)) AND c.erased_at IS NULL AND c.merged_into IS NULL
      RETURNING account_id),
    left_addresses AS (DELETE FROM contact_address a USING kept WHERE a.account_id = kept.account_id AND a.address <> ALL (${addresses}::text[])),
    kept_addresses AS (INSERT INTO contact_address (address, account_id) SELECT DISTINCT unnest(${addresses}::text[]), account_id FROM kept ON CONFLICT DO NOTHING)`;
}

/** What is said of a contact, as `keepContact` wants it. */
export function contactValues(contact: {
  readonly accountId: string; readonly address: string; readonly displayName: string; readonly language: string; readonly version: number;
  readonly inDirectory: boolean; readonly otherAddresses: readonly string[];
}): unknown[] {
  const { accountId, address, displayName, language, version, inDirectory, otherAddresses } = contact;
  return [accountId, address, displayName, language, version, inDirectory, [address, ...otherAddresses].filter((each) => each !== '')];
}
