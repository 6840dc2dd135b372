/** What somebody did or tried: never a body, never a secret. */
export interface AuditEntry {
  readonly actor: string;
  /** Method and route: `DELETE /api/v0/mailboxes/{mailboxId}`. */
  readonly action: string;
  readonly objectId: string;
  readonly outcome: AuditOutcome;
  /** The HTTP status of the answer. */
  readonly status: number;
  /** The client's address. */
  readonly source: string;
  readonly requestId: string;
}

export const AUDIT_OUTCOMES = ['done', 'refused', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** An entry in its place in the chain. */
export interface StoredAuditEntry extends AuditEntry {
  /** 1, 2, 3, … without a gap. */
  readonly id: number;
  readonly at: Date;
  /** Over that of the entry before and this one's own fields, in hexadecimal: `entrySha256`. */
  readonly sha256: string;
}

/** Of entries, all that is given must hold. */
export interface AuditFilter {
  /** In any case. */
  readonly actor?: string | undefined;
  /** A part of it, in any case. */
  readonly action?: string | undefined;
  readonly objectId?: string | undefined;
  readonly outcome?: AuditOutcome | undefined;
  /** From this moment on. */
  readonly from?: Date | undefined;
  /** Before this moment. */
  readonly to?: Date | undefined;
}
