/** mysql: MariaDB too. */
export const SQL_ENGINES = ['postgres', 'mysql'] as const;
export type SqlEngine = (typeof SQL_ENGINES)[number];

export const SQL_TLS_CHOICES = ['required', 'none'] as const;

/** How people are found in a table of a database. */
export interface SqlSettings {
  readonly engine: SqlEngine;
  readonly host: string;
  readonly port: number;
  readonly tls: (typeof SQL_TLS_CHOICES)[number];
  /** PEM of an authority to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
  readonly database: string;
  /** The account that reads. */
  readonly user: string;
  /** With :address in it. Rows of one identity are one person. */
  readonly addressQuery: string;
  /** The same columns, with :login in it; empty: nobody is found by a login. */
  readonly loginQuery: string;
  readonly identityColumn: string;
  readonly loginColumn: string;
  /** At least one; the first address of the first is where mails go. */
  readonly addressColumns: readonly string[];
  /** These four may be empty: the result doesn't have them. */
  readonly nameColumn: string;
  readonly languageColumn: string;
  readonly groupColumn: string;
  readonly lockedColumn: string;
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly missCacheSeconds: number;
}

/** The columns that a result must have. */
export function columnsOf({ identityColumn, loginColumn, addressColumns, nameColumn, languageColumn, groupColumn, lockedColumn }: SqlSettings): string[] {
  return [...new Set([identityColumn, loginColumn, ...addressColumns, nameColumn, languageColumn, groupColumn, lockedColumn].filter((name) => name !== ''))];
}
