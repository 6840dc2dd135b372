/** Who handed a job in, as far as its Idempotency-Key holds: an installation, and the account there. */
export interface Submitter {
  readonly serverId: string;
  readonly account: string;
}

/** A document for another server, for its owner. */
export interface JobToSend {
  /** Of the job here; also the key by which it is taken in once. */
  readonly jobId: string;
  /** The queue there, where the settings name none. */
  readonly mailboxQueueId: string;
  readonly ownerAddress: string;
  /** fr, en or empty. */
  readonly language: string;
  readonly title: string;
  readonly sizeBytes: number;
  readonly options: { readonly colorMode: string; readonly sides: string; readonly copies: number; readonly media: string; readonly pageRanges: string };
  /** The clear bytes. */
  readonly open: () => Promise<AsyncIterable<Uint8Array>>;
}

/** A job as the other server tells of it. */
export interface JobThere {
  readonly jobId: string;
  /** IPP job-state and job-state-reasons. */
  readonly jobState: string;
  readonly jobStateReason: string;
  readonly problem: string;
  /** Nothing changes any more. */
  readonly final: boolean;
  /** Null: it never became a job there, and nobody but us is told. */
  readonly pages: number | null;
  readonly impressions: number | null;
  readonly sheets: number | null;
}

/**
 * taken: durable there, however often it was sent. refused: it never will be taken. misdirected: there is no such queue or place; an
 * administrator can mend that.
 */
export type Sending = { readonly kind: 'taken'; readonly job: JobThere } | NotTaken;

export interface NotTaken {
  readonly kind: 'refused' | 'misdirected';
  readonly problem: string;
}

/** The server used for sending documents. What it can't be asked now throws a `SendingTrouble`: it may have been done all the same. */
export interface PrintServer {
  /** Asks the server who it is: so nothing is sent to one that is out of reach. */
  submitter(): Promise<Submitter>;
  send(job: JobToSend): Promise<Sending>;
  /** By their ids there; those that it doesn't know, or that another account handed in, are left out. */
  find(jobIds: readonly string[]): Promise<ReadonlyMap<string, JobThere>>;
  /** What it took in by this key, of a job here; undefined: nothing. */
  findTaken(jobId: string): Promise<JobThere | undefined>;
  /** False: it can't be canceled (any more). */
  cancel(jobId: string): Promise<boolean>;
}
