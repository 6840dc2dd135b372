/** Every bound of the gateway in one place. */
export const LIMITS = {
  /** A JSON body; the longest sensible one is acceptance conditions with some thousands of addresses. */
  bodyBytesMax: 1024 * 1024,
  /** Receiving a request, headers and body. */
  requestMs: 30_000,
  headersMs: 10_000,
  /** Receiving a document at the Print API's door, and how long its sender may be silent meanwhile. */
  uploadMs: 600_000,
  uploadSilenceMs: 60_000,
  /** A document: as a mail's attachment. */
  documentBytesMax: 50 * 1024 * 1024,
  idempotencyKeyMax: 200,
  /** A document is kept for 30 days while it waits to become a job. */
  submissionOpenDays: 31,
  /** Jobs that a program asks for at once. */
  submittedJobsMax: 100,
  /** Longer than a reverse proxy's own pause (60 s in nginx), so that the proxy closes first. */
  keepAliveMs: 65_000,
  connectionsMax: 1_000,
  /** Requests under way get this long when the gateway stops. */
  drainMs: 2_000,

  /** One call to an owner. */
  ownerCallMs: 10_000,
  /** One call in which the owner asks Microsoft, Google or a mail server first: less than a request may take. */
  thirdPartyCallMs: 25_000,
  /** A test of a mailbox, which ends by itself after 30 s. */
  mailboxTestMs: 33_000,
  /** A token for an owner lives 60 s; it is used again for this long. */
  controlTokenReuseMs: 30_000,
  controlTokensMax: 1_000,

  /** Requests without sign-in, by client network: a burst, then a steady rate. */
  anonymousBurst: 100,
  anonymousPerSecond: 10,
  anonymousSourcesMax: 10_000,

  /** From the button of the organisation's sign-in to the way back. */
  signOnSeconds: 600,
  /** A message between servers: as much as a control listener takes. */
  dspBytesMax: 8 * 1024 * 1024,
  /** Calls of one server of the domain: a burst, then a steady rate. */
  peerBurst: 200,
  peerPerSecond: 50,
  /** In mailbox mode each slave keeps a call open. */
  dspConnectionsMax: 5_000,
  /** How often domain-sync is asked who is in the domain; and how soon again, where a caller is not known. */
  doorLookMs: 10_000,
  doorLookAgainMs: 250,

  sessionHours: 12,
  sessionIdleHours: 2,
  /** Use of a session is noted at most this often: not every read is a write. */
  sessionTouchSeconds: 60,
  /** What an API token may do, and what everybody may, is asked for anew after this time; and how long it holds while nobody answers. */
  rightsHoldMs: 60_000,
  rightsHoldUnansweredMs: 600_000,
  apiTokensKnownMax: 1_000,
  /** A password change without an answer for so long may have happened or not: the account's sessions end. More than an owner's call takes. */
  passwordChangeSeconds: 30,

  /** On the page for releasing: so long before it ends a session without use, it asks whether somebody is still there; and so much longer the session takes an answer that comes late. */
  releaseWarnSeconds: 25,
  releaseGraceSeconds: 5,
  /** However often it is used. */
  releaseSessionHours: 2,
  releaseHistoryMax: 50,

  journeyDays: 90,
  /** As long as the function in the database demands. */
  auditDays: 365,
  auditObjectIdMax: 200,
  /** Entries that are stored in one statement. */
  auditAppendMax: 100,
  /** Entries that are read, checked or forgotten in one piece. */
  auditBatch: 2_000,
  upkeepEveryMs: 3_600_000,
  upkeepBatch: 1_000,

  /** SHA-256 in hexadecimal, with colons or spaces between. */
  fingerprintMax: 128,

  pageDefault: 50,
  pageMax: 200,
  journeyPageDefault: 20,

  certificateDays: 825,
  certificateRenewDays: 30,
  /** Of what signs it, which others pin. */
  authorityDays: 7_300,
  /** How soon a certificate is renewed, or one that an administrator replaced is used. */
  certificateLookMs: 3_600_000,
  /** How soon a gateway uses what another one of the same folder was given. */
  certificateGlanceMs: 2_000,
  /** A certificate that ends so soon is told of, at each of these once. */
  certificateWarnDays: [30, 7, 1],
  /** Of those that Inkpost renews by itself, which happens 30 days before: it did not. */
  certificateRenewalWarnDays: [7, 1],
  /** Of the domain's authority, which nothing renews: all servers have to form a new domain. */
  domainAuthorityWarnDays: [365, 90, 30, 7, 1],

  /** An owner's certificate with its key, as it is uploaded. */
  pfxBytesMax: 64 * 1024,
  pfxIterationsMax: 1_000_000,
  pfxNestingMax: 40,
  pfxNodesMax: 5_000,
  pfxDepthMax: 3,
  pfxEntriesMax: 20,
  /** Reading one, in a thread of its own. */
  pfxReadMs: 10_000,
  pfxHeapMegabytes: 64,
  rsaBitsMin: 2_048,
  rsaBitsMax: 8_192,
} as const;

/** Lengths of texts in requests: those of the owners, so that the description of the API says what is really taken. */
export const TEXT = {
  id: 64, path: 500, linkProof: 64, name: 200, address: 320, host: 253, password: 1_024, code: 64, pem: 65_536, search: 200, cursor: 3_000,
  queueName: 100, queueProperty: 100, geocode: 250, tag: 50, comment: 1_000, locationName: 100, printerUri: 1_024, fromName: 100, folder: 250, imapPassword: 1_000, clientId: 250, clientSecret: 1_000, condition: 20_000, serverName: 253, network: 43, uploadedMail: 700_000, title: 150,
  directoryName: 64, description: 500, dn: 1_000, filter: 2_000, attribute: 100, column: 128, databaseName: 128, query: 8_000,
} as const;

/** Other limits of the owners. */
export const OWNERS = { canaryMinutesMin: 5, canaryMinutesMax: 1_440, traceMinutesMax: 1_440, holdHoursMax: 720, keepHoursMax: 720, tagsMax: 20, contactsMax: 10, conditionEntriesMax: 1_000, sponsorsMax: 10, trustedEntriesMax: 100, labDaysMax: 30 } as const;

/** Of a mail's words; notification says the same. */
export const TEMPLATE = { line: 200, text: 5_000, targetsMax: 10 } as const;

/** Of guest-account's guests. */
export const GUESTS = { addressesMax: 20, codeLength: 100, noteLength: 500, pinLength: 12, cardNumberLength: 200, csvMax: 1_000_000, changedMax: 20_000 } as const;

/** Of guest-account's security profiles, roles and API tokens. */
export const RIGHTS_LIMITS = { profileName: 64, membersMax: 200, roleMembersMax: 100, tokenName: 64 } as const;

/** Of print-submit's tariffs, filters, balances and quotas. */
export const CHARGING = {
  priceMax: 1_000_000_000, amountMax: 1_000_000_000_000, groupName: 200, groupOrderMax: 200, media: 255, pagesMax: 100_000, text: 320, textsMax: 200, message: 300, filtersMax: 200,
} as const;

/** Of domain-sync's domain. */
export const DOMAIN_LIMITS = {
  address: 320, tagsMax: 20, servers: 2_000,
  operationsPerMinute: 1_000_000, waitSeconds: 3_600, transferDelaySeconds: 86_400, maintenanceMinutesMin: 5, maintenanceMinutesMax: 44_640,
} as const;

/** Of domain-sync's reports. */
export const STATISTICS = { rowsDefault: 100, rowsMax: 1_000 } as const;

/** Of print-submit's release profiles. */
export const RELEASE_PROFILES = { idleSecondsMin: 60, idleSecondsMax: 600, assignmentsMax: 1_000, versionMax: 2 ** 32 - 1 } as const;

/** Of guest-account's directories. */
export const DIRECTORIES = {
  max: 50, aliasesMax: 10, mailAttributesMax: 10, timeoutMsMin: 500, timeoutMsMax: 30_000, cacheSecondsMax: 36_000,
  addressesMax: 100, groupsMax: 100, csvMax: 1_000_000,
  /** uint32, as the owner counts. */
  versionMax: 2 ** 32 - 1,
} as const;

/** Of guest-account's single sign-on. */
export const SIGN_ON = { issuer: 500, scopesMax: 20, claim: 100, versionMax: 2 ** 32 - 1 } as const;
