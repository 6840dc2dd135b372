import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import type { MailboxTestService, TestMailboxRequest } from '@inkpost/contracts/admin/v1/mailbox_diagnosis_pb.js';
import type { TestBudget } from '@inkpost/server-connection/test-budget.js';
import { authorize } from '@inkpost/service/control-listener.js';
import { invalidField } from '@inkpost/service/rpc-errors.js';
import type { Log } from '@inkpost/telemetry/log.js';
import type { IsOffered } from '../mailboxes/check-settings.js';
import { givenSettings } from '../mailboxes/given-settings.js';
import type { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import type { MailboxTests } from './mailbox-tests.js';
import { signInToTest, type TestCredentials } from './test-sign-in.js';

export interface MailboxTestRpcParts {
  readonly tests: MailboxTests;
  readonly budget: TestBudget;
  readonly mailboxes: MailboxFinder;
  readonly isOffered: IsOffered;
  readonly credentials: TestCredentials;
  readonly log: Log;
}

/** Tests of mailboxes, for administrators (SKY-052). */
export class MailboxTestRpc implements ServiceImpl<typeof MailboxTestService> {
  constructor(private readonly parts: MailboxTestRpcParts) {}

  async testMailbox({ mailboxId, settings: wire }: TestMailboxRequest, context: HandlerContext) {
    const { actor } = authorize(context, 'configuration.write');
    const { tests, budget, mailboxes, isOffered, credentials, log } = this.parts;
    const before = mailboxId === '' ? undefined : await mailboxes.existing(mailboxId);
    const given = wire ? givenSettings(wire, isOffered, before) : undefined;
    const settings = given?.settings ?? before?.settings;
    if (!settings) throw invalidField('settings', 'are missing');
    return budget.spend(actor, async () => {
      const signIn = await signInToTest(credentials, before, given);
      const steps = await tests.run({ saved: before !== undefined, settings, signIn }, context.signal);
      const failed = steps.find(({ outcome }) => outcome === 'failed');
      const server = settings.kind === 'smtp' ? {} : { host: settings.server.host, port: settings.server.port };
      log.info('mailbox tested', { address: settings.address, kind: settings.kind, ...server, failedStep: failed?.step, actor });
      return { passed: !failed, steps: steps.map(({ step, outcome, durationMs, text }) => ({ step, outcome, durationMs, text })) };
    });
  }
}
