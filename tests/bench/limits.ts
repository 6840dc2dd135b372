/** How long each part may take before the benchmark gives up on it, so that all of it ends within ten minutes. */
export const limits = {
  /** One throughput run, 1,000 mails. The classic pipeline takes about 30 s. */
  runMs: 120_000,
  /** One mail from the door to the printer, when nothing else is going on. */
  singleMailMs: 30_000,
  /** After the last document: what a run still has to finish (mails to send, rows to close) counts in its CPU time. */
  settleMs: 500,
  /** Until a thousand mailboxes are connected. */
  connectMs: 180_000,
  /** Between two looks at the queue: the time of the last held job is known this well. */
  pollMs: 100,
  /** A fresh process compiles and collects for some seconds more. */
  restBeginsAfterMs: 10_000,
} as const;
