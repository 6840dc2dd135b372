import { describe, expect, it } from 'vitest';
import { CauseDown, PermanentFailure, TransientFailure } from '@inkpost/failure/failure.js';
import { answerLost, answerUnreadable, certificateRefused, httpFailure, printerUnreachable, statusFailure } from '@inkpost/ipp/client/failures.js';
import { statusCode, type StatusKeyword } from '@inkpost/ipp/codec/status.js';
import { judgeFailure, judgeSilence } from './judge-failure.js';

const context = { printer: 'ipp://printer/', operation: 'Send-Document', readOnly: false };
const refusal = (status: StatusKeyword) => judgeFailure(statusFailure(context, statusCode[status], undefined));

describe('a failed delivery', () => {
  it('waits when the printer was never reached, or is not trusted', () => {
    expect(judgeFailure(printerUnreachable('ipp://printer/', 'ECONNREFUSED'))).toEqual({ kind: 'waits', reason: 'printer-unreachable', problem: 'The printer ipp://printer/ cannot be reached (ECONNREFUSED).' });
    expect(judgeFailure(certificateRefused('ipp://printer/', 'expired'))).toMatchObject({ kind: 'waits', reason: 'printer-unreachable' });
  });

  it.each<StatusKeyword>(['server-error-busy', 'server-error-temporary-error', 'server-error-not-accepting-jobs', 'server-error-service-unavailable', 'server-error-too-many-jobs'])('waits for a printer that says %s', (status) => {
    expect(refusal(status)).toMatchObject({ kind: 'waits', reason: 'printer-busy' });
  });

  it.each<StatusKeyword>(['client-error-not-found', 'client-error-gone', 'client-error-forbidden', 'client-error-not-authenticated', 'client-error-not-authorized', 'client-error-not-possible', 'server-error-operation-not-supported'])(
    'waits for an administrator when the printer says %s', (status) => {
      expect(refusal(status)).toMatchObject({ kind: 'waits', reason: 'printer-refuses' });
    });

  it('waits for an administrator when a web server says that there is nothing', () => {
    expect(judgeFailure(httpFailure(context, 404))).toMatchObject({ kind: 'waits', reason: 'printer-refuses' });
  });

  it.each<[StatusKeyword, string]>([
    ['client-error-document-format-not-supported', 'unsupported-document-format'],
    ['client-error-document-format-error', 'document-format-error'],
    ['client-error-document-password-error', 'document-password-error'],
    ['client-error-request-entity-too-large', 'document-too-large'],
    ['client-error-account-limit-reached', 'account-refused'],
    ['client-error-bad-request', 'document-refused'],
  ])('is given up when the printer says %s', (status, reason) => {
    expect(refusal(status)).toMatchObject({ kind: 'aborts', reason, problem: expect.stringContaining(status) });
  });

  it('is given up when our own document is gone or damaged', () => {
    expect(judgeFailure(new PermanentFailure('spool.document-erased', 'The document is no longer kept.'))).toEqual({ kind: 'aborts', reason: 'document-lost', problem: 'The document is no longer kept.' });
  });

  it('makes us ask whenever the printer may have something', () => {
    expect(judgeFailure(answerLost(context, 'time-out'))).toEqual({ kind: 'asks' });
    expect(judgeFailure(answerUnreadable(context, 'nonsense'))).toEqual({ kind: 'asks' });
    expect(judgeFailure(httpFailure(context, 500))).toEqual({ kind: 'asks' });
    expect(refusal('server-error-internal-error')).toEqual({ kind: 'asks' });
    expect(refusal('server-error-device-error')).toEqual({ kind: 'asks' });
    expect(refusal('server-error-job-canceled')).toEqual({ kind: 'asks' });
    expect(judgeFailure(new TransientFailure('ipp.document-unreadable', 'broken off', { fields: { acceptance: 'unknown' } }))).toEqual({ kind: 'asks' });
  });
});

describe('a printer that gives no answer', () => {
  it('is unreachable, or in error when it can be reached', () => {
    expect(judgeSilence(new CauseDown('ipp.printer-unreachable', 'it is off'))).toEqual({ reason: 'printer-unreachable', problem: 'It is off.' });
    expect(judgeSilence(httpFailure(context, 500))).toMatchObject({ reason: 'printer-error' });
  });
});
