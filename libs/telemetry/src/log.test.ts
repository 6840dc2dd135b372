import { describe, expect, it } from 'vitest';
import { createLog, type LogLevel } from './log.js';
import { inSpan, Telemetry } from './telemetry.js';

function logInto(level: LogLevel) {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('print-submit', level, { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
  return { log, lines };
}

describe('the log', () => {
  it('writes events with the service, the level as administrators know it, and the fields', () => {
    const { log, lines } = logInto('info');
    log.warning('printer busy', { queueId: 'lobby' });
    expect(lines).toEqual([expect.objectContaining({ service: 'print-submit', level: 'warning', event: 'printer busy', queueId: 'lobby' })]);
  });

  it('changes its level while it runs (SKY-110), verbose being the finest', () => {
    const { log, lines } = logInto('info');
    log.verbose('a');
    log.setLevel('verbose');
    log.verbose('b');
    log.setLevel('fatal');
    log.error('c');
    expect(lines.map(({ event }) => event)).toEqual(['b']);
    expect(log.level).toBe('fatal');
  });

  it.each(['password', 'pin', 'puk', 'token', 'secret', 'authorization', 'cookie'])('never writes the value of "%s", however deep', (key) => {
    const { log, lines } = logInto('info');
    log.info('request', { [key]: 'hush-1', body: { [key]: 'hush-2', inner: { [key]: 'hush-3' } } });
    expect(JSON.stringify(lines)).not.toContain('hush');
  });

  it('writes an error with its cause and code, also a failure inside a failure', () => {
    const { log, lines } = logInto('info');
    log.error('not printed', { error: Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'print.x' }) });
    expect(lines[0]).toMatchObject({ error: { message: 'outer', code: 'print.x', cause: { message: 'inner' } } });
  });

  it('carries the trace id inside a span', async () => {
    const { log, lines } = logInto('info');
    const telemetry = new Telemetry({ processName: 'test', version: '0' });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await inSpan(telemetry.tracer('test'), 'step', { traceparent }, async () => log.info('inside'));
    log.info('outside');
    expect(lines[0]).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' });
    expect(lines[1]).not.toHaveProperty('traceId');
  });
});

describe('telemetry', () => {
  it('shows counted metrics as Prometheus text, with the product\'s prefix', async () => {
    const telemetry = new Telemetry({ processName: 'test', version: '0' });
    telemetry.meter('print-submit').createCounter('jobs_held', { description: 'Jobs held' }).add(3, { queue: 'lobby' });
    telemetry.meter('print-submit').createHistogram('delivery_duration', { unit: 's' }).record(0.04);
    expect(await telemetry.metricsText()).toMatch(/delivery_duration\w*_bucket\{.*le="0.05"\} 1/);
    expect(await telemetry.metricsText()).toMatch(/^inkpost_jobs_held_total\{.*queue="lobby".*\} 3/m);
  });
});
