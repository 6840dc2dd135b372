import type { GenMessage } from '@bufbuild/protobuf/codegenv2';
import { MessageAcceptedSchema, MessageRefusedSchema, SenderAuthenticationChangedSchema } from '@inkpost/contracts/flow/v1/acceptance_pb.js';
import { AccountChangedSchema, AccountErasedSchema, AccountMergedSchema, ConfirmationWantedSchema, OwnerRefusedSchema, OwnerResolvedSchema, PinLinkWantedSchema } from '@inkpost/contracts/flow/v1/account_pb.js';
import { ObjectChangedSchema } from '@inkpost/contracts/flow/v1/configuration_pb.js';
import { ErasureDoneSchema } from '@inkpost/contracts/flow/v1/erasure_pb.js';
import { CanaryRequestedSchema, MailboxDeletedSchema, MessageReceivedSchema } from '@inkpost/contracts/flow/v1/mail_pb.js';
import { CanaryHandledSchema } from '@inkpost/contracts/flow/v1/notification_pb.js';
import { DocumentSubmittedSchema, SubmissionRefusedSchema } from '@inkpost/contracts/flow/v1/submission_pb.js';
import {
  JobAbortedSchema, JobCompletedSchema, JobExpiredSchema, JobExpiringSchema, JobHeldSchema, JobRecordedSchema,
} from '@inkpost/contracts/flow/v1/print_pb.js';

/** What a message triggers stands here and nowhere else. Attempts grow apart: backoff, twice that, four times that, … at most an hour. */
const retries = { attemptsMax: 8, backoffSeconds: 2 } as const;

/** A mail, or a document of the Print API, on its way to paper: forward only; a service may address itself. */
export const mailFlow = {
  'mail.message-received.v1': { payload: MessageReceivedSchema, from: 'mail-ingest', to: ['acceptance'], ...retries },
  'submission.document-received.v1': { payload: DocumentSubmittedSchema, from: 'mail-ingest', to: ['acceptance'], ...retries },
  'acceptance.message-accepted.v1': { payload: MessageAcceptedSchema, from: 'acceptance', to: ['guest-account'], ...retries },
  'acceptance.message-refused.v1': { payload: MessageRefusedSchema, from: 'acceptance', to: ['notification'], ...retries },
  'account.owner-resolved.v1': { payload: OwnerResolvedSchema, from: 'guest-account', to: ['print-submit'], ...retries },
  'account.confirmation-wanted.v1': { payload: ConfirmationWantedSchema, from: 'guest-account', to: ['notification'], ...retries },
  'account.sender-approved.v1': { payload: MessageAcceptedSchema, from: 'guest-account', to: ['guest-account'], ...retries },
  'account.owner-refused.v1': { payload: OwnerRefusedSchema, from: 'guest-account', to: ['notification'], ...retries },
  'print.job-held.v1': { payload: JobHeldSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.code-requested.v1': { payload: JobHeldSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.job-completed.v1': { payload: JobCompletedSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.job-aborted.v1': { payload: JobAbortedSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.job-expiring.v1': { payload: JobExpiringSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.job-expired.v1': { payload: JobExpiredSchema, from: 'print-submit', to: ['notification'], ...retries },
  'print.job-recorded.v1': { payload: JobRecordedSchema, from: 'print-submit', to: ['domain-sync'], ...retries },
} as const satisfies Record<string, Route>;

/** Housekeeping between owners. */
export const upkeepFlow = {
  'account.changed.v1': { payload: AccountChangedSchema, from: 'guest-account', to: ['notification'], ...retries },
  'account.pin-link-wanted.v1': { payload: PinLinkWantedSchema, from: 'guest-account', to: ['notification'], ...retries },
  'account.merged.v1': { payload: AccountMergedSchema, from: 'guest-account', to: ['print-submit', 'notification'], ...retries },
  'account.erased.v1': { payload: AccountErasedSchema, from: 'guest-account', to: ['mail-ingest', 'acceptance', 'print-submit', 'notification', 'domain-sync'], ...retries },
  'mail.account-erased.v1': { payload: ErasureDoneSchema, from: 'mail-ingest', to: ['guest-account'], ...retries },
  'acceptance.account-erased.v1': { payload: ErasureDoneSchema, from: 'acceptance', to: ['guest-account'], ...retries },
  'print.account-erased.v1': { payload: ErasureDoneSchema, from: 'print-submit', to: ['guest-account'], ...retries },
  'notification.account-erased.v1': { payload: ErasureDoneSchema, from: 'notification', to: ['guest-account'], ...retries },
  'statistics.account-erased.v1': { payload: ErasureDoneSchema, from: 'domain-sync', to: ['guest-account'], ...retries },
  'acceptance.submission-refused.v1': { payload: SubmissionRefusedSchema, from: 'acceptance', to: ['mail-ingest'], ...retries },
  'account.submission-refused.v1': { payload: SubmissionRefusedSchema, from: 'guest-account', to: ['mail-ingest'], ...retries },
  'print.submission-refused.v1': { payload: SubmissionRefusedSchema, from: 'print-submit', to: ['mail-ingest'], ...retries },
  'acceptance.sender-authentication-changed.v1': { payload: SenderAuthenticationChangedSchema, from: 'acceptance', to: ['mail-ingest'], ...retries },
  'mailbox.deleted.v1': { payload: MailboxDeletedSchema, from: 'mail-ingest', to: ['acceptance', 'print-submit'], ...retries },
  'mailbox.canary-requested.v1': { payload: CanaryRequestedSchema, from: 'mail-ingest', to: ['notification'], ...retries },
  'print.object-changed.v1': { payload: ObjectChangedSchema, from: 'print-submit', to: ['domain-sync'], ...retries },
  'account.object-changed.v1': { payload: ObjectChangedSchema, from: 'guest-account', to: ['domain-sync'], ...retries },
  'notification.object-changed.v1': { payload: ObjectChangedSchema, from: 'notification', to: ['domain-sync'], ...retries },
  'notification.canary-handled.v1': { payload: CanaryHandledSchema, from: 'notification', to: ['mail-ingest'], ...retries },
} as const satisfies Record<string, Route>;

export const FLOW = { ...mailFlow, ...upkeepFlow };

/** The services in the order of the mail flow, those that stand beside it last. */
export const FLOW_ORDER = ['mail-ingest', 'acceptance', 'guest-account', 'print-submit', 'notification', 'domain-sync', 'gateway'] as const;

export type FlowService = (typeof FLOW_ORDER)[number];
export type Subject = keyof typeof FLOW;

export interface Route {
  readonly payload: GenMessage<never> | GenMessage<any>; // oxlint-disable-line typescript/no-explicit-any -- the element type is invariant
  readonly from: FlowService;
  readonly to: readonly FlowService[];
  readonly attemptsMax: number;
  readonly backoffSeconds: number;
}
