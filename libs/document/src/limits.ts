/** What a document may be. A document beyond one of these is refused, with the limit in the detail. */
export const documentLimits = {
  sizeBytesMax: 50 * 1024 * 1024,
  pagesMax: 2_000,
  /** 200 inches, the largest page of ISO 32000-1 (Annex C) without a UserUnit; 5.08 m. */
  pageSidePtMax: 14_400,
  /** From the moment a child takes the document until its answer, the transfer included. */
  examinationTimeoutMs: 60_000,
} as const;

/** What one examining child may use, and when it is replaced. */
export const examinerLimits = {
  children: 2,
  /** Starting a child takes 0.4 s of CPU time, and its first 200 documents 1.2 ms each instead of 0.7: a reason not to replace it often. */
  documentsPerChild: 2_000,
  /** Documents that wait for a child; one more is told to come back later. */
  waitingMax: 200,
  /**
   * RLIMIT_DATA. V8 reserves 512 MB of it for compiled code before it has read anything, so about 380 MB are left for a document;
   * the repair of a 50 MB file without a usable cross-reference table needs 250 MB. 800 MB was tried and refused that file.
   */
  dataBytesMax: 1_000_000_000,
  /** V8's own limit below it, so that a full heap ends with a message and not by a failed mapping. */
  heapMegabytesMax: 384,
  /** RLIMIT_CPU, over the child's life: ends a child that spins after its parent is gone. */
  cpuSecondsMax: 300,
  /** A child that has used so much is replaced between two documents. */
  wornCpuMs: 120_000,
  wornPeakBytes: 500_000_000,
  openFilesMax: 64,
  startTimeoutMs: 30_000,
  answerBytesMax: 1_000_000,
  stderrBytesKept: 4_000,
} as const;
