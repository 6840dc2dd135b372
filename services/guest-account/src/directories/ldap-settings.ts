/** How people are found in an LDAP directory. */
export interface LdapSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** PEM of an authority to trust besides the system's; empty: none. */
  readonly certificateAuthority: string;
  /** The account that searches; empty: nobody signs in. */
  readonly bindDn: string;
  readonly baseDn: string;
  /** Which entries are people (RFC 4515). */
  readonly peopleFilter: string;
  /** With {address} in it; empty: by the mail attributes. */
  readonly addressFilter: string;
  /** At least one; the first address of the first is where mails go. */
  readonly mailAttributes: readonly string[];
  readonly loginAttribute: string;
  readonly nameAttribute: string;
  readonly languageAttribute: string;
  /** Empty: groups are searched by their members. */
  readonly groupAttribute: string;
  /** Empty: the entry's name. */
  readonly identityAttribute: string;
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly missCacheSeconds: number;
}
