/** How long chaos waits. It judges what came of the documents, never how long that took: these only end a run that stands still. */
export const limits = {
  /** For a moment to come; then the fault strikes without it. */
  momentMs: 20_000,
  /** Between two looks at whether a statement stands still. */
  gateLookMs: 10,
  /** Without any further document printed, at the end. Messages that failed are tried again after 2, 4, 8, … seconds. */
  patienceMs: 150_000,
  lookMs: 500,
  /** Between two tries of whoever mails a document or gives a code. */
  retryMs: 200,
  /** A mail server that refuses does so this often. */
  refusedMails: 3,
  /** Of a code that was mailed: a try whose answer was lost may end it a moment later. */
  refusalsMax: 3,
  /** One printer takes its time, so that jobs are in it when something happens. */
  slowPrintMs: 150,
  /** Mails on their way into the installation side by side. */
  sendersMax: 4,
} as const;
