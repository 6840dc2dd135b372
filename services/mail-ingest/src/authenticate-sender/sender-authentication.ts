/** Result keywords of RFC 8601, 2.7, and those that servers made up; empty: not said. */
export interface AuthenticationResults {
  readonly spf: { readonly result: string; readonly domain: string };
  readonly dkim: readonly { readonly result: string; readonly domain: string }[];
  /** The policy that the domain publishes: none, quarantine, reject; empty: unknown. */
  readonly dmarc: { readonly result: string; readonly policy: string };
}

/** What a verdict rests on. */
export type AuthenticationBasis = 'dmarc' | 'dkim' | 'spf' | 'arc' | '';

export interface AuthenticationVerdict {
  /** Whether a mail comes from whom its From names. none: nothing shows it; temperror: DNS did not answer. */
  readonly verdict: 'pass' | 'fail' | 'none' | 'temperror';
  readonly basis: AuthenticationBasis;
}

/** All that is known of whether a mail comes from whom its From names. */
export interface SenderAuthentication extends AuthenticationVerdict, AuthenticationResults {
  /** inkpost, or the authserv-id of the trusted server whose results these are; empty: nobody measured it. */
  readonly measuredBy: string;
  readonly arc: { readonly result: string; readonly sealer: string };
}

/** All that is known of it, for one mailbox. */
export interface JudgedSender extends SenderAuthentication {
  /** By what is set for the mailbox, acceptance refuses the mail. */
  readonly isRefused: boolean;
}

export const NO_RESULTS: AuthenticationResults = { spf: { result: '', domain: '' }, dkim: [], dmarc: { result: '', policy: '' } };

export const NOT_MEASURED: SenderAuthentication = { verdict: 'none', basis: '', measuredBy: '', arc: { result: '', sealer: '' }, ...NO_RESULTS };

/** How mails to a mailbox are to be authenticated. */
export interface AuthenticationSettings {
  /** report: a DMARC fail is refused, all else only said. require: what does not pass is refused. */
  readonly mode: 'off' | 'report' | 'require';
  /** authserv-ids (RFC 8601, 2.5), lower-cased. */
  readonly trustedServers: readonly string[];
  /** IP addresses and networks of mail servers that hand others' mails on: their own address says nothing of who sent a mail. */
  readonly trustedRelays: readonly string[];
}
