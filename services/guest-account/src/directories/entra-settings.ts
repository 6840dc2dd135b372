/** Where an address may stand in a user of Entra (Graph, "user resource type"). */
export const ADDRESS_PROPERTIES = ['mail', 'proxyAddresses', 'userPrincipalName', 'otherMails'] as const;
export type AddressProperty = (typeof ADDRESS_PROPERTIES)[number];

/** What people may call themselves when they sign in. */
export const LOGIN_PROPERTIES = ['userPrincipalName', 'mailNickname', 'onPremisesSamAccountName', 'employeeId'] as const;
export type LoginProperty = (typeof LOGIN_PROPERTIES)[number];

export const ENTRA_SIGN_INS = ['secret', 'certificate'] as const;

/** How people are found in a tenant of Microsoft Entra. */
export interface EntraSettings {
  /** A GUID in lower case, or a domain of the tenant. */
  readonly tenantId: string;
  /** Of the app registration. */
  readonly clientId: string;
  /** How the application proves itself; the secret or the private key is sealed. */
  readonly signIn: (typeof ENTRA_SIGN_INS)[number];
  /** PEM; empty with a secret. */
  readonly certificate: string;
  /** At least one; the first address of the first is where mails go. */
  readonly addressProperties: readonly AddressProperty[];
  readonly loginProperty: LoginProperty;
  /** Also those who are guests of the tenant. */
  readonly externalUsers: boolean;
  readonly timeoutMs: number;
  readonly cacheSeconds: number;
  readonly missCacheSeconds: number;
}
