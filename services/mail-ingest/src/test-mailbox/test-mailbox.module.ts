import type { Provider } from '@nestjs/common';
import type { ConfigOf } from '@inkpost/config/config.js';
import { addressRules } from '@inkpost/server-connection/address-rules.js';
import { TestBudget } from '@inkpost/server-connection/test-budget.js';
import type { ServiceRuntime } from '@inkpost/service/service-definition.js';
import type { GraphConnections } from '../adapters/graph/graph-connections.js';
import { graphProbe } from '../adapters/graph/graph-probe.adapter.js';
import { probeImapMailbox } from '../adapters/imap/imap-probe.adapter.js';
import { probePop3Mailbox } from '../adapters/pop3/pop3-probe.adapter.js';
import { TESTS_AT_ONCE_MAX, TESTS_PER_MINUTE_MAX } from '../limits.js';
import type { mailIngestConfig } from '../mail-ingest.config.js';
import type { IsOffered } from '../mailboxes/check-settings.js';
import { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import { MailboxTestRpc } from './mailbox-test.rpc.js';
import { MailboxTests } from './mailbox-tests.js';
import type { TestCredentials } from './test-sign-in.js';

export interface TestMailboxParts {
  readonly isOffered: IsOffered;
  readonly connections: GraphConnections;
  /** PEM, trusted for Graph besides the system's; empty: none. */
  readonly certificates: string;
  readonly credentials: Omit<TestCredentials, 'places'>;
}

/** What tests mailboxes. */
export function testMailboxes({ config, log }: ServiceRuntime<ConfigOf<typeof mailIngestConfig>>, { isOffered, connections, certificates, credentials }: TestMailboxParts): Provider[] {
  const { hostname, port } = new URL(config.graphUrl);
  const tests = new MailboxTests({
    probes: { imap: probeImapMailbox, pop3: probePop3Mailbox, graph: graphProbe(connections) },
    graph: { host: hostname.replaceAll(/^\[|\]$/g, ''), port: Number(port || 443), tls: 'implicit', certificateAuthority: certificates },
    smtpListen: config.smtpListen,
    addressRules: addressRules(config.linkLocalServers),
  });
  return [
    {
      provide: MailboxTestRpc,
      useFactory: (mailboxes: MailboxFinder) => new MailboxTestRpc({ tests, budget: new TestBudget({ perMinuteMax: TESTS_PER_MINUTE_MAX, atOnceMax: TESTS_AT_ONCE_MAX }), mailboxes, isOffered, credentials: { ...credentials, places: config }, log }),
      inject: [MailboxFinder],
    },
  ];
}
