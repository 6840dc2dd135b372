import type { OnModuleDestroy } from '@nestjs/common';
import { ConversationLog } from '@inkpost/service/conversation-log.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { TRACE_FLUSH_MS, TRACE_WAITING_BYTES_MAX } from '../limits.js';
import { maskSecrets } from './mask-secrets.js';
import type { TraceStore } from './trace.store.js';

/** The conversations of mailboxes with their mail servers, without what protocols call secret. */
export class TraceLog extends ConversationLog implements OnModuleDestroy {
  constructor(store: Pick<TraceStore, 'append'>, log: Log) {
    super({ append: (mailboxId, lines) => store.append(mailboxId, lines), mask: maskSecrets, flushMs: TRACE_FLUSH_MS, waitingBytesMax: TRACE_WAITING_BYTES_MAX, log });
  }

  onModuleDestroy(): Promise<void> {
    return this.stop();
  }
}
