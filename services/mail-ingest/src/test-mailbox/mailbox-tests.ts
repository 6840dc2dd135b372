import type { ListenAddress } from '@inkpost/config/variables.js';
import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { runSteps } from '@inkpost/server-connection/run-steps.js';
import { TEST_MAX_MS } from '../limits.js';
import type { MailboxSettings, SourceProtocol } from '../mailboxes/mailbox.js';
import type { ProbeMailbox } from '../ports/mailbox-probe.port.js';
import type { SignIn } from '../ports/mail-source.port.js';
import { IntakeTest } from './intake-test.js';
import { type NetworkPlace, ServerTest } from './server-test.js';
import type { TestStepResult } from './test-step.js';

export interface MailboxTestTools {
  /** Who signs in, by protocol. */
  readonly probes: Readonly<Record<SourceProtocol, ProbeMailbox>>;
  /** Where Microsoft Graph is: the installation's, whatever a mailbox says. */
  readonly graph: NetworkPlace;
  /** Inkpost's own listener. */
  readonly smtpListen: ListenAddress;
  /** Where mail servers may be. */
  readonly addressRules: AddressRules;
}

/** A mailbox to be tested, as it is or as it might be saved. */
export interface TestedMailbox {
  readonly saved: boolean;
  readonly settings: MailboxSettings;
  /** Undefined: of kind smtp, which doesn't. */
  readonly signIn: SignIn | undefined;
}

const TESTED_MAILBOX = 'tested';

/** Tests mailboxes: what of the way to their mails doesn't work, and why (SKY-052, EDG-06). Changes nothing in them. */
export class MailboxTests {
  constructor(private readonly tools: MailboxTestTools) {}

  /** Throws what isn't the mailbox's fault, and the reason of `signal` when nobody waits any more. */
  async run(mailbox: TestedMailbox, signal: AbortSignal): Promise<TestStepResult[]> {
    const test = this.testOf(mailbox);
    try {
      const results = await runSteps(test.steps, AbortSignal.any([signal, AbortSignal.timeout(TEST_MAX_MS)]));
      signal.throwIfAborted();
      return results;
    } finally {
      await test.close();
    }
  }

  private testOf({ saved, settings, signIn }: TestedMailbox): IntakeTest | ServerTest {
    const { probes, graph, smtpListen, addressRules } = this.tools;
    if (settings.kind === 'smtp' || !signIn) return new IntakeTest(smtpListen, { address: settings.address, saved, enabled: settings.enabled });
    const { server, afterProcessing, processedFolder } = settings;
    // Nothing that an adapter remembers of a mailbox shall come from a test of it.
    const access = { ...server, mailboxId: TESTED_MAILBOX, signIn, afterProcessing, processedFolder, addressRules };
    return new ServerTest(access, probes[server.protocol], server.protocol === 'graph' ? graph : server);
  }
}
