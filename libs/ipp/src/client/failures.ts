import { CauseDown, Failure, PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { statusKeyword, statusCode } from '../codec/status.js';

/**
 * What the printer may have taken before a call failed: `nothing` = certainly nothing, the call can be repeated;
 * `unknown` = the printer must be asked before anything is sent again.
 */
type Acceptance = 'nothing' | 'unknown';

/** Which call to which printer failed; part of every failure's `fields`. */
export interface CallContext {
  readonly printer: string;
  readonly operation: string;
  /** True when the operation changes nothing at the printer (Get-*, Validate-Job): then nothing was ever accepted. */
  readonly readOnly: boolean;
}

/** Reads the verdict from a failure of this library; for any other error it is `unknown`. */
export function acceptanceOf(error: unknown): Acceptance {
  return error instanceof Failure && error.fields['acceptance'] === 'nothing' ? 'nothing' : 'unknown';
}

/** No connection came about: `ipp.printer-unreachable`. `reason` is the system's own code (ECONNREFUSED, ENOTFOUND, time-out), or says why no printer may be there. */
export function printerUnreachable(printer: string, reason: string, cause?: unknown): CauseDown {
  return new CauseDown('ipp.printer-unreachable', `the printer ${printer} cannot be reached (${reason})`, {
    cause,
    fields: { printer, reason, acceptance: 'nothing' },
  });
}

/** The printer's certificate is not to be trusted: `ipp.certificate-refused`. A person has to install its CA or pin it. */
export function certificateRefused(printer: string, reason: string): CauseDown {
  return new CauseDown('ipp.certificate-refused', `the certificate of the printer ${printer} is not trusted (${reason})`, {
    fields: { printer, reason, acceptance: 'nothing' },
  });
}

/** The request left and no whole answer came: `ipp.answer-lost`. */
export function answerLost(context: CallContext, reason: string, cause?: unknown): TransientFailure {
  return new TransientFailure('ipp.answer-lost', `no answer to ${context.operation} from the printer ${context.printer} (${reason})`, {
    cause,
    fields: fieldsOf(context, 'unknown', { reason }),
  });
}

/** Our own document could not be read to its end: `ipp.document-unreadable`. The printer holds a part of it. */
export function documentUnreadable(context: CallContext, cause: unknown): TransientFailure {
  return new TransientFailure('ipp.document-unreadable', 'the document could not be read while it was sent to the printer', {
    cause,
    fields: fieldsOf(context, 'unknown', {}),
  });
}

/** Something answered, but not with IPP: `ipp.answer-unreadable`. */
export function answerUnreadable(context: CallContext, reason: string, cause?: unknown): TransientFailure {
  return new TransientFailure('ipp.answer-unreadable', `the answer of the printer ${context.printer} to ${context.operation} is not readable: ${reason}`, {
    cause,
    fields: fieldsOf(context, 'unknown', { reason }),
  });
}

/** An HTTP status other than 200. 5xx is `ipp.http-error` (transient, and a proxy may have passed the request on); the rest is a refusal. */
export function httpFailure(context: CallContext, httpStatus: number): Failure {
  const message = `the printer ${context.printer} answered ${context.operation} with HTTP status ${httpStatus}`;
  if (httpStatus >= 500) return new TransientFailure('ipp.http-error', message, { fields: fieldsOf(context, 'unknown', { httpStatus }) });
  return new PermanentFailure('ipp.request-refused', message, { fields: fieldsOf(context, 'nothing', { httpStatus }) });
}

/** What a printer adds to its "no". */
interface RefusalDetails {
  readonly statusMessage?: string | undefined;
  /** Names of the attributes that it won't have (RFC 8011 section 4.1.7). */
  readonly unsupportedAttributes?: readonly string[];
}

/** The printer's own "no" (RFC 8011 appendix B), sorted by what helps: waiting, or nothing. */
export function statusFailure(context: CallContext, code: number, { statusMessage, unsupportedAttributes = [] }: RefusalDetails = {}): Failure {
  const status = statusKeyword(code);
  const unsupported = unsupportedAttributes.length === 0 ? {} : { unsupportedAttributes: unsupportedAttributes.join(' ').slice(0, 200) };
  const fields = fieldsOf(context, acceptanceAfter(code), { status, statusMessage: statusMessage?.slice(0, 200), ...unsupported });
  const message = `the printer ${context.printer} answered ${context.operation} with ${status}`;
  switch (code) {
    case statusCode['server-error-busy']:
    case statusCode['server-error-temporary-error']:
    case statusCode['server-error-not-accepting-jobs']:
    case statusCode['server-error-device-error']:
    case statusCode['server-error-service-unavailable']:
    case statusCode['server-error-too-many-jobs']:
    case statusCode['server-error-printer-is-deactivated']:
      return new TransientFailure('ipp.printer-busy', message, { fields });
    case statusCode['server-error-operation-not-supported']:
    case statusCode['server-error-multiple-document-jobs-not-supported']:
      return new PermanentFailure('ipp.request-refused', message, { fields });
    case statusCode['server-error-job-canceled']:
      return new PermanentFailure('ipp.job-canceled', `${message}: it was canceled at the printer`, { fields });
    default:
      break;
  }
  if (code >= 0x0400 && code < 0x0500) return new PermanentFailure('ipp.request-refused', message, { fields });
  return new TransientFailure('ipp.printer-error', message, { fields });
}

/**
 * A device or internal error may come after the printer began to print what it was sent, and a canceled job may have printed
 * its first pages; every other error says that the operation was not carried out.
 */
function acceptanceAfter(code: number): Acceptance {
  switch (code) {
    case statusCode['server-error-internal-error']:
    case statusCode['server-error-device-error']:
    case statusCode['server-error-job-canceled']:
      return 'unknown';
    default:
      return code >= 0x0400 && code < 0x0600 ? 'nothing' : 'unknown';
  }
}

function fieldsOf(context: CallContext, acceptance: Acceptance, more: Readonly<Record<string, string | number | undefined>>) {
  return { printer: context.printer, operation: context.operation, acceptance: context.readOnly ? 'nothing' : acceptance, ...more };
}
