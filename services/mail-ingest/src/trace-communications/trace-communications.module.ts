import type { Provider } from '@nestjs/common';
import type { WriteLine } from '@inkpost/service/conversation-log.js';
import type { ServiceRuntime } from '@inkpost/service/service-definition.js';
import { MailboxFinder } from '../mailboxes/mailbox-finder.js';
import { MailboxWatch } from '../watch-mailbox/mailbox-watch.js';
import { SmtpConversations } from './smtp-conversations.js';
import { TraceLog } from './trace-log.js';
import { TraceRound } from './trace-round.js';
import { TraceRpc } from './trace.rpc.js';
import { TraceStore } from './trace.store.js';

export interface TraceCommunications {
  /** Where the conversations of a mailbox that is traced are written down. */
  readonly traceOf: (mailboxId: string) => WriteLine;
  readonly smtpConversations: SmtpConversations;
  readonly providers: Provider[];
}

/** What writes conversations with mail servers down. */
export function traceCommunications({ pool, log }: ServiceRuntime): TraceCommunications {
  const store = new TraceStore(pool);
  const lines = new TraceLog(store, log);
  const traceOf = (mailboxId: string): WriteLine => lines.of(mailboxId);
  const smtpConversations = new SmtpConversations(traceOf);
  const providers: Provider[] = [
    { provide: TraceLog, useFactory: () => lines },
    { provide: TraceRound, useFactory: () => new TraceRound(store, smtpConversations, log) },
    {
      provide: TraceRpc,
      useFactory: (mailboxes: MailboxFinder, watch: MailboxWatch, round: TraceRound) => {
        const onChange = async (): Promise<void> => {
          watch.refresh();
          await round.refresh();
        };
        return new TraceRpc({ store, mailboxes, onChange, log });
      },
      inject: [MailboxFinder, MailboxWatch, TraceRound],
    },
  ];
  return { traceOf, smtpConversations, providers };
}
