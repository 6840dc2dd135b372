/** What a process of simulated slaves is told, and what it answers. Times are in milliseconds since the epoch: all processes are of one machine. */

export interface SlaveIdentity {
  readonly serverId: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface SlavesToStart {
  readonly domainId: string;
  readonly masterId: string;
  /** Of the master's door. */
  readonly masterOrigin: string;
  readonly authorityCertificatePem: string;
  readonly succession: string;
  readonly epoch: number;
  /** Of the whole domain. */
  readonly members: number;
  /** The port of the door of all slaves in this process: the name that is called says which one is meant. */
  readonly doorPort: number;
  readonly slaves: readonly SlaveIdentity[];
}

export type Told =
  | { readonly tell: 'start'; readonly slaves: SlavesToStart }
  /** Deaf: cut off from their master, both ways. */
  | { readonly tell: 'hear'; readonly deaf: boolean }
  | { readonly tell: 'state' };

export interface SlaveState {
  readonly position: number;
  readonly mode: 'bidirectional' | 'mailbox';
  /** When it had applied what its present position stands for. */
  readonly takenAt: number;
  /** When it told its master so; 0: not yet. */
  readonly acknowledgedAt: number;
  /** Hexadecimal, over what it has. */
  readonly checksum: string;
}

export interface CrowdState {
  readonly slaves: readonly SlaveState[];
  /** Requests between master and slaves, in both directions, by second. */
  readonly requests: readonly (readonly [second: number, count: number])[];
  /** Times that a slave was asked for all that it has: healing, instead of the log's next orders. */
  readonly inventories: number;
  /** Calls that failed, whatever the reason. */
  readonly failures: number;
}

export type Answered = { readonly answer: 'started' } | { readonly answer: 'heard' } | { readonly answer: 'state'; readonly state: CrowdState };
