import type { LoggerService } from '@nestjs/common';
import type { Log } from '@inkpost/telemetry/log.js';

/** Nest's own messages in our log: its start-up chatter is for debugging only. */
export class NestLog implements LoggerService {
  constructor(private readonly service: Log) {}

  log(message: unknown, context?: unknown): void {
    this.service.debug('nest', { message: String(message), context });
  }

  error(message: unknown, stack?: unknown, context?: unknown): void {
    this.service.error('nest', { message: String(message), stack, context });
  }

  warn(message: unknown, context?: unknown): void {
    this.service.warning('nest', { message: String(message), context });
  }
}
