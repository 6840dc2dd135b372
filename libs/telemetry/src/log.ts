import { trace } from '@opentelemetry/api';
import { type DestinationStream, pino } from 'pino';

/** The levels that administrators know (SKY-102..107) and pino's own word for each. */
export const LOG_LEVELS = { verbose: 'trace', debug: 'debug', info: 'info', warning: 'warn', error: 'error', fatal: 'fatal' } as const;

export type LogLevel = keyof typeof LOG_LEVELS;

export const LOG_LEVEL_NAMES = Object.keys(LOG_LEVELS) as [LogLevel, ...LogLevel[]];

type Fields = Readonly<Record<string, unknown>>;

/** Events, not prose: `log.info('job held', { jobId })`. error = a person must act now; what heals itself = warning. */
export interface Log {
  verbose(event: string, fields?: Fields): void;
  debug(event: string, fields?: Fields): void;
  info(event: string, fields?: Fields): void;
  warning(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
  fatal(event: string, fields?: Fields): void;
  /** Takes effect at once, for this service alone (SKY-110). */
  setLevel(level: LogLevel): void;
  readonly level: LogLevel;
}

/** Keys whose values never reach a log, wherever they stand. */
const SECRET_KEYS = ['password', 'pin', 'puk', 'token', 'secret', 'authorization', 'cookie', 'key'];
const REDACTED_PATHS = SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]);

function errorFields(error: Error): Fields {
  const { name, message, stack } = error;
  return { name, message, stack, ...('code' in error ? { code: error.code } : {}), ...('fields' in error ? { fields: error.fields } : {}), ...(error.cause instanceof Error ? { cause: errorFields(error.cause) } : {}) };
}

/** A service's log: JSON lines with the service's name and, inside a traced step, the trace id. */
export function createLog(service: string, level: LogLevel, destination: DestinationStream = pino.destination({ dest: 1, sync: true })): Log {
  const logger = pino(
    {
      level: LOG_LEVELS[level],
      base: { service },
      messageKey: 'event',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: Object.entries(LOG_LEVELS).find(([, own]) => own === label)?.[0] ?? label }) },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      serializers: { error: (value: unknown) => (value instanceof Error ? errorFields(value) : value) },
      mixin: () => {
        const traceId = trace.getActiveSpan()?.spanContext().traceId;
        return traceId ? { traceId } : {};
      },
    },
    destination,
  );
  let current = level;
  return {
    verbose: (event, fields) => logger.trace(fields ?? {}, event),
    debug: (event, fields) => logger.debug(fields ?? {}, event),
    info: (event, fields) => logger.info(fields ?? {}, event),
    warning: (event, fields) => logger.warn(fields ?? {}, event),
    error: (event, fields) => logger.error(fields ?? {}, event),
    fatal: (event, fields) => logger.fatal(fields ?? {}, event),
    setLevel: (next) => {
      current = next;
      logger.level = LOG_LEVELS[next];
    },
    get level() {
      return current;
    },
  };
}
