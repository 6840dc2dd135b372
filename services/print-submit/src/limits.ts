/** What print-submit allows at most, and how long it waits; times in the unit that ends their name. */
export const printLimits = {
  /** A queue without its own time holds jobs this long. */
  holdHoursDefault: 72,
  holdHoursMax: 720,
  /** Documents are kept for printing them once more for so long at most; by default not at all. */
  keepHoursMax: 720,
  /** An owner is told so long before a held job expires; a job held no longer than this needs no telling. */
  expiringHoursBefore: 12,
  /** A document's claim outlives the time its job is held: the loop that expires jobs drops it, not the clock. */
  claimGraceHours: 24,
  /** From its release a job waits for its printer this long at most; then it is given up and its owner told. */
  releasedDaysMax: 29,
  releasedClaimDays: 30,
  /** Deliveries that may break off within the document before the job is given up. Busy or unreachable printers don't count. */
  cutsMax: 8,
  fileNameLengthMax: 255,
  queueIdLengthMax: 64,
  queueNameLengthMax: 100,
  /** Brand, model, serial number. */
  queuePropertyLengthMax: 100,
  geocodeLengthMax: 250,
  tagsMax: 20,
  tagLengthMax: 50,
  commentLengthMax: 1_000,
  groupsMax: 1_000,
  contactsMax: 10,
  searchLengthMax: 200,
  searchWordsMax: 10,
  queuesListedDefault: 200,
  queuesListedMax: 500,
  printerUriLengthMax: 1_024,
  certificateLengthMax: 64 * 1_024,
  releasePointLengthMax: 100,
  codeLengthMax: 64,
  /** Jobs that one code, or one round of the expiry loop, handles at once. */
  jobsAtOnceMax: 1_000,
  jobsListedDefault: 50,
  jobsListedMax: 200,
} as const;

/** Of who is made the owner of a job; groups as guest-account bounds them. */
export const ownerLimits = { textLengthMax: 320, groupsMax: 100 } as const;

/** Options of jobs. */
export const finishingLimits = {
  copiesMax: 999,
  /** RFC 8011, 5.1.4: keywords have at most 255 octets. */
  mediaLengthMax: 255,
  pageRangesLengthMax: 200,
  /** A printer that counts more than so many times what the pages make is not believed. */
  countedTimesMax: 2,
} as const;

/** Documents for printers that take no PDF. */
export const conversionLimits = {
  /** Children on all printers together. */
  sideBySide: 2,
  /** RLIMIT_DATA of one. A page in colour on A3 with 600 dpi takes 209 MB, twice for a moment. */
  dataBytesMax: 700_000_000,
  /** Larger pages are made in bands. */
  bitmapBytesMax: 220_000_000,
  cpuSecondsMax: 600,
  timeoutMs: 900_000,
  openFilesMax: 64,
  /** Of what a child puts aside. */
  fileBytesMax: 400_000_000,
  /** A page of photographs in colour with 300 dpi takes up to 26 MB. */
  outputBytesMax: 2_000_000_000,
  /** A printer that was busy gets the same again within this time. */
  keptMs: 120_000,
  keptMax: 16,
  wordsLengthMax: 4_000,
} as const;

/** Conversations with printers, written down for a while. */
export const traceLimits = {
  minutesDefault: 30,
  minutesMax: 1_440,
  /** Of a queue; the oldest lines go beyond. */
  bytesMax: 4 * 1024 * 1024,
  lineLengthMax: 8_000,
  keptDays: 7,
  forgottenEveryMs: 3_600_000,
  /** So soon other instances follow. */
  roundMs: 1_500,
  flushMs: 500,
  waitingBytesMax: 256 * 1024,
} as const;

/** The tree of places. */
export const locationLimits = { max: 5_000, depthMax: 10, nameLengthMax: 100 } as const;

/**
 * Guessing codes. All points together get at most 4,000 wrong codes an hour (besides the few that are under way when a limit is
 * reached). Of 32^8 codes with 1,000 live ones, so many guesses, day and night and from hundreds of networks, find one in some
 * 30 years; with 100,000 live ones in some four months, and the metric `print_wrong_codes` shows them from the first hour.
 */
export const guessingLimits = {
  /** So many wrong codes in a row lock a release point, for a time that doubles with each further one. */
  inARowMax: 5,
  lockSecondsFirst: 30,
  lockSecondsMax: 3_600,
  windowMinutes: 60,
  /** In a window, whatever right codes are given between. */
  inWindowMax: 60,
  /** A point that gave a right code in so many hours is trusted. */
  trustedHours: 24,
  /** In a window at all trusted points together. */
  trustedInWindowMax: 3_000,
  /** In a window at all other points together: those that gave wrong ones themselves wait; the others go on up to the second limit. */
  untrustedInWindowMax: 300,
  untrustedInWindowHardMax: 1_000,
} as const;

/** What people see of their documents at a release point: besides those that wait, the last ones that came to their end. */
export const ownDocumentLimits = { recentMinutes: 15, recentMax: 50 } as const;

/** Release profiles. A network is no smaller than what a release point is known by: an IPv4 address, 64 bits of IPv6. */
export const releaseProfileLimits = { max: 100, assignmentsMax: 1_000, idleSecondsMin: 60, idleSecondsMax: 600, idleSecondsDefault: 60, ipv6BitsMax: 64 } as const;

/** The delivery loops. */
export const deliveryLimits = {
  leaseMs: 10_000,
  leaseRenewMs: 3_000,
  /** How often printers with work that nobody delivers to are looked for: the safety net of the wake-up. */
  scanMs: 1_000,
  /** An idle loop goes on looking for so long before it gives its printer up. */
  lingerMs: 500,
  lookMsFirst: 50,
  lookMsMax: 1_000,
  followMsFirst: 50,
  followMsMax: 2_000,
  busyMsFirst: 250,
  busyMsMax: 5_000,
  troubleMsFirst: 1_000,
  troubleMsMax: 30_000,
  /** Jobs that a printer has taken and not finished; more wait here, where they can be canceled and survive its power switch. */
  aheadMax: 20,
  /** How long a stop waits for documents that are leaving. */
  drainMs: 1_000,
  connectTimeoutMs: 5_000,
  fileNameBytesMax: 160,
} as const;

/** What administrators may tune of how a printer is spoken to; the usual is what the loops do without it. */
export const expertLimits = {
  connectTimeoutSeconds: { min: 1, max: 60 },
  answerTimeoutSeconds: { min: 2, max: 300 },
  /** As the IPP client has it. */
  answerTimeoutSecondsDefault: 30,
  jobPollSeconds: { min: 1, max: 60 },
  printerPollSeconds: { min: 15, max: 3_600 },
  /** No longer than documents are kept after their release. */
  patienceHours: { min: 1, max: printLimits.releasedDaysMax * 24 },
  cutsMax: { min: 1, max: 50 },
  documentsAtOnce: { min: 1, max: 16 },
} as const;

/** Restrictions of a group of queues. */
export const restrictionLimits = { hoursMax: 21 } as const;

/** Asking idle printers how they are. */
export const watchLimits = {
  roundMs: 5_000,
  askEverySeconds: 60,
  printersPerRound: 100,
  sideBySide: 8,
  answerTimeoutSeconds: 5,
} as const;

/** Jobs of failing printers, where their group redirects them. */
export const redirectionLimits = { failingSeconds: 60, roundMs: 5_000, jobsPerRound: 200 } as const;

/** Testing and finding printers. */
export const printerTestLimits = { stepMs: 5_000, answerTimeoutSeconds: 5, testMs: 20_000, perMinuteMax: 20, atOnceMax: 8 } as const;

export const expiryLimits = {
  roundMs: 60_000,
  messagesPerRound: 200,
  purgeMax: 1_000,
  /** Longer than a message can wait for its queue, or its document be kept. */
  formerAccountDays: 90,
} as const;

/** Tariffs, filters, quotas and balances. Money in thousandths of the currency. */
export const chargingLimits = {
  tariffsMax: 1_000,
  filtersMax: 200,
  quotasMax: 500,
  groupOrderMax: 200,
  groupNameLengthMax: 200,
  mediaLengthMax: 255,
  priceMax: 1_000_000_000,
  amountMax: 1_000_000_000_000,
  conditionTextsMax: 200,
  conditionTextLengthMax: 320,
  messageLengthMax: 300,
  reasonLengthMax: 300,
  pagesMax: 100_000,
  listedDefault: 200,
  listedMax: 500,
  /** What was changed elsewhere is known this long after, where no statement checks it. */
  settingsAgeMs: 1_000,
  /** Longer than the longest period of a quota. */
  usageKeptDays: 40,
  /** As long as accounts have to be kept (French Commercial Code, L123-22). */
  bookingKeptDays: 3_653,
} as const;

/** The server used for sending documents, and the jobs that it prints. */
export const sendingLimits = {
  accountLengthMax: 320,
  passwordLengthMax: 1_024,
  locationLengthMax: 500,
  /** One request, the way to the server included; and one document with its answer. */
  callMaxMs: 5_000,
  documentMaxMs: 120_000,
  testMs: 24_000,
  testStepMaxMs: 8_000,
  testBudget: { perMinuteMax: 30, atOnceMax: 4 },
  /** Queues that a search by an identifier may find besides the one that is meant. */
  queuesLookedAtMax: 200,
  /** Documents that leave side by side, never two of one owner. */
  sendsMax: 4,
  /** The safety net of the wake-up, and how long a change of the settings made elsewhere may stay unseen. */
  roundMs: 1_000,
  /** Whoever does something about a job has it for so long, and renews that; a killed process's are free again then. */
  leaseSeconds: 15,
  leaseRenewMs: 5_000,
  /** A job there is asked for after a tenth of the time that it has been there, within these bounds. */
  lookSecondsMin: 1,
  lookSecondsMax: 300,
  jobsPerLook: 100,
  /** Jobs that the other server can't place wait so long for an administrator to mend it, then are tried again. */
  misdirectedSeconds: 30,
  stopMs: 1_500,
} as const;

/** What groups say about notices is so old at most. */
export const noticeLimits = { ageMaxMs: 1_000 } as const;

/** New codes on request: so many at once, then one every so many seconds; and the live codes of an account. */
export const codeRequestLimits = {
  perAddress: { atOnce: 3, everySeconds: 1_200 },
  perSource: { atOnce: 20, everySeconds: 180 },
  codesMax: 10,
  /** Whoever asks is answered after so long, whatever it led to. */
  answeredAfterMs: 250,
  addressLengthMax: 320,
} as const;

/** What programs ask for that hand documents in. */
export const programLimits = {
  jobsAskedMax: 100,
  /** Of a place with several, in the refusal that names them. */
  queuesNamedMax: 10,
} as const;
