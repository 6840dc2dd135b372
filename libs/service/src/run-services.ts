import { readFileSync } from 'node:fs';
import { ConfigError, readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import type { LocalHands } from '@inkpost/flow/flow-sender.js';
import { Telemetry } from '@inkpost/telemetry/telemetry.js';
import type { BaseConfig, ServiceDefinition } from './service-definition.js';
import { type RunningService, startService } from './start-service.js';

/** A service that doesn't stop by itself within this time is left behind: what it had in hand is handled again. */
const STOP_DEADLINE_MS = 20_000;

function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return version;
}

/** Says why the start failed in a few lines a person can act on, and ends the process with exit code 1 (2: configuration). */
function giveUp(error: unknown): never {
  process.stderr.write(`inkpost: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof ConfigError ? 2 : 1);
}

/** Runs services in this process until SIGTERM or SIGINT: all of them, or one. The environment configures them. */
export async function runServices(processName: string, definitions: readonly ServiceDefinition[]): Promise<void> {
  const running: RunningService[] = [];
  const over = new AbortController();
  let telemetry: Telemetry | undefined;
  let starting = Promise.resolve();
  const stop = async (): Promise<void> => {
    if (over.signal.aborted) return;
    over.abort();
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    // A start that waits for its servers ends now; what it had begun it closes itself.
    await starting.catch(() => undefined);
    // In the order of the flow: who takes work in stops first.
    for (const service of running) await service.stop();
    await telemetry?.stop();
    process.exit(0);
  };
  try {
    const configs = readConfigs(definitions.map(({ config }) => config), processEnvironment());
    const first = configs[0] as BaseConfig;
    const version = first.version ?? packageVersion();
    const told = new Telemetry({ processName, version, otlpUrl: first.otlpUrl });
    telemetry = told;
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop());
    // Started by npm start, the demo or a test that is gone without a word: nobody would ever stop this process.
    if (process.connected) process.once('disconnect', () => void stop());
    const hands: LocalHands = new Map();
    const startAll = async (): Promise<void> => {
      for (const [index, definition] of definitions.entries()) {
        if (over.signal.aborted) return;
        running.push(await startService(definition, configs[index] as BaseConfig, told, version, { hands, over: over.signal }));
      }
    };
    starting = startAll();
    await starting;
  } catch (error) {
    // Told to stop while it started: no failure.
    if (!over.signal.aborted) giveUp(error);
  }
}
