/** master or slave: of a server that is in a domain. */
export type DomainRole = 'master' | 'slave';

/** What holds for the whole domain (DOM-023 to DOM-031), set on the master. */
export interface DomainSettings {
  readonly mode: 'bidirectional' | 'mailbox';
  /** Orders that wait for a slave: lost with a restart, or not. */
  readonly storage: 'memory' | 'disk';
  /** One is one order to one slave; 0: as many as there are. */
  readonly operationsPerMinute: number;
  readonly waitMinSeconds: number;
  readonly waitMaxSeconds: number;
  /** Up to so much is added to each wait, at random. */
  readonly waitJitterSeconds: number;
  /** Global objects stay global (DOM-036). */
  readonly strict: boolean;
  /** Scheduled transfers begin up to so much later, at random. */
  readonly transferDelaySeconds: number;
  /** Slaves tell the master what they printed so often. */
  readonly statisticsEverySeconds: number;
}

/** The domain that this server is in. */
export interface Domain {
  readonly domainId: string;
  readonly name: string;
  readonly description: string;
  /** DOM-010: the master's address, as its administrator wrote it. */
  readonly identifier: string;
  readonly role: DomainRole;
  /** Grows with each change of the master. */
  readonly epoch: number;
  readonly masterId: string;
  /** Who is master since when, as the authority signed it: see `verifySuccession`. */
  readonly succession: string;
  readonly settings: DomainSettings;
  /** Of the domain and its members, as the master counts. */
  readonly revision: number;
  readonly authorityCertificatePem: string;
  /** Of this server. */
  readonly certificatePem: string;
  readonly joinedAt: Date;
}

/** A server of the domain; this one is among them (DOM-016). */
export interface Member {
  readonly serverId: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly version: string;
  readonly role: DomainRole;
  /** `https://host:5753/watchdoc/server`. */
  readonly uri: string;
  readonly dns: string;
  readonly dnsAlias: string;
  readonly ip: string;
  /** X25519, raw, in base64: what is secret is sealed to it. */
  readonly sealingPublicKey: string;
  /** Lower-case hexadecimal. */
  readonly certificateSerial: string;
  /** Holds besides until the new one was used; empty: none. */
  readonly formerSerial: string;
  readonly certificateEndsAt: Date;
  /** It holds the authority's key: it can become the master when this one is lost. */
  readonly mayBePromoted: boolean;
  readonly joinedAt: Date;
  readonly lastSeenAt: Date | null;
  readonly startedAt: Date | null;
  /** One-minute load average divided by the number of processors. */
  readonly load: number;
  readonly diskFreeBytes: number;
  readonly diskSizeBytes: number;
}

/** By which this server proves itself to others of its domain. */
export interface DomainIdentity {
  readonly serverId: string;
  readonly certificatePem: string;
  readonly keyPem: string;
  readonly authorityCertificatePem: string;
}

export const DEFAULT_SETTINGS: DomainSettings = {
  mode: 'bidirectional', storage: 'disk', operationsPerMinute: 0, waitMinSeconds: 5, waitMaxSeconds: 60, waitJitterSeconds: 10, strict: true, transferDelaySeconds: 600, statisticsEverySeconds: 300,
};
