import type { Provider } from '@nestjs/common';
import type { MasterKey } from '@inkpost/secrets/master-key.js';
import type { ServiceRuntime } from '@inkpost/service/service-definition.js';
import { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import type { TakeCanary } from '../receive-message/incoming-mail.js';
import type { MailRecorder } from '../receive-message/mail-recorder.js';
import { CanaryArrivals } from './canary-arrivals.js';
import { CanaryMetrics } from './canary-metrics.js';
import { CanaryRound } from './canary-round.js';
import { CanaryTokens } from './canary-token.js';
import { CanaryRpc } from './canary.rpc.js';
import { CanaryStore } from './canary.store.js';

export interface Canaries {
  readonly store: CanaryStore;
  readonly takeCanary: TakeCanary;
  readonly providers: Provider[];
}

/** Mails that Inkpost sends to its own mailboxes: asked for, known when they come in, missed when they don't. */
export function canaries({ pool, flow, meter, log }: ServiceRuntime, masterKey: MasterKey, recorder: MailRecorder): Canaries {
  const tokens = new CanaryTokens(masterKey);
  const metrics = new CanaryMetrics(meter);
  const store = new CanaryStore(pool, flow, tokens);
  const arrivals = new CanaryArrivals(tokens, recorder, metrics);
  const providers: Provider[] = [
    { provide: CanaryMetrics, useFactory: () => metrics },
    { provide: CanaryStore, useFactory: () => store },
    { provide: CanaryRound, useFactory: () => new CanaryRound(store, metrics, log) },
    { provide: CanaryRpc, useFactory: (mailboxes: MailboxFinder) => new CanaryRpc(store, mailboxes, log), inject: [MailboxFinder] },
  ];
  return { store, takeCanary: (...mail) => arrivals.take(...mail), providers };
}
