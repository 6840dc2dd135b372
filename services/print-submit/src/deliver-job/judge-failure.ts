import { CauseDown, type Failure, PermanentFailure } from '@inkpost/failure/failure.js';
import { acceptanceOf } from '@inkpost/ipp/client/failures.js';

/** Why a job waits for its printer: the job's job-state-reason, and told once in its journey. */
export type WaitReason = 'printer-unreachable' | 'printer-busy' | 'printer-refuses' | 'printer-error' | 'connection-cut' | 'converter-missing' | 'converter-error';

/**
 * What follows when a delivery failed:
 * - `waits`: the printer has nothing of the document; the job goes back and the printer is tried again later,
 * - `aborts`: this document will never be printed there,
 * - `asks`: the printer may have it; it has to be asked before anything is sent.
 */
export type FailureVerdict =
  | { readonly kind: 'waits'; readonly reason: WaitReason; readonly problem: string }
  | { readonly kind: 'aborts'; readonly reason: string; readonly problem: string }
  | { readonly kind: 'asks' };

/** The printer's "no" to the document itself (RFC 8011 appendix B.1), with IPP's job-state-reason where it has one (section 5.3.8). */
const DOCUMENT_REFUSALS: Readonly<Record<string, string>> = {
  'client-error-document-format-not-supported': 'unsupported-document-format',
  'client-error-document-format-error': 'document-format-error',
  'client-error-document-access-error': 'document-access-error',
  'client-error-document-password-error': 'document-password-error',
  'client-error-document-permission-error': 'document-permission-error',
  'client-error-document-security-error': 'document-security-error',
  'client-error-document-unprintable-error': 'document-unprintable-error',
  'client-error-request-entity-too-large': 'document-too-large',
  'client-error-compression-not-supported': 'document-refused',
  'client-error-compression-error': 'document-refused',
  'client-error-attributes-or-values-not-supported': 'document-refused',
  'client-error-conflicting-attributes': 'document-refused',
  'client-error-request-value-too-long': 'document-refused',
  'client-error-bad-request': 'document-refused',
  'client-error-account-closed': 'account-refused',
  'client-error-account-limit-reached': 'account-refused',
  'client-error-account-authorization-failed': 'account-refused',
};

/** Decides from a failure that deliver-document threw, one of the spool's, or of a conversion. Any other is not for it: it doesn't come from the delivery. */
export function judgeFailure(failure: Failure): FailureVerdict {
  if (failure.code.startsWith('spool.')) return { kind: 'aborts', reason: 'document-lost', problem: sentence(failure.message) };
  if (failure.code.startsWith('convert.')) return judgeConversion(failure);
  if (acceptanceOf(failure) !== 'nothing') return { kind: 'asks' };
  const problem = sentence(failure.message);
  if (failure.code === 'ipp.printer-unreachable' || failure.code === 'ipp.certificate-refused') return { kind: 'waits', reason: 'printer-unreachable', problem };
  if (failure.code === 'ipp.printer-busy') return { kind: 'waits', reason: 'printer-busy', problem };
  if (!(failure instanceof PermanentFailure)) return { kind: 'waits', reason: 'printer-error', problem };
  const reason = DOCUMENT_REFUSALS[String(failure.fields['status'])];
  // A wrong path, a missing right, an operation it doesn't have: an administrator can mend that, and no document is lost by it.
  return reason === undefined ? { kind: 'waits', reason: 'printer-refuses', problem } : { kind: 'aborts', reason, problem };
}

/** The printer has heard nothing yet. An administrator can install what is missing; what a document needs too much of it will always need. */
function judgeConversion(failure: Failure): FailureVerdict {
  const problem = sentence(failure.message);
  if (failure instanceof PermanentFailure) return { kind: 'aborts', reason: 'document-unprintable-error', problem };
  return { kind: 'waits', reason: failure instanceof CauseDown ? 'converter-missing' : 'converter-error', problem };
}

/** Why a printer that could not even be asked can't be used. */
export function judgeSilence(failure: Failure): { readonly reason: WaitReason; readonly problem: string } {
  return { reason: failure instanceof CauseDown ? 'printer-unreachable' : 'printer-error', problem: sentence(failure.message) };
}

/** The libraries' messages begin as parts of sentences. */
function sentence(message: string): string {
  const text = `${message.slice(0, 1).toUpperCase()}${message.slice(1)}`;
  return text.endsWith('.') ? text : `${text}.`;
}
