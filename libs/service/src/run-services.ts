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
  const hands: LocalHands = new Map();
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_DEADLINE_MS).unref();
    // In the order of the flow: who takes work in stops first.
    for (const service of running) await service.stop();
    await telemetry?.stop();
    process.exitCode = signal === 'failed' ? 1 : 0;
  };
  let telemetry: Telemetry | undefined;
  try {
    const configs = readConfigs(definitions.map(({ config }) => config), processEnvironment());
    const first = configs[0] as BaseConfig;
    const version = first.version ?? packageVersion();
    telemetry = new Telemetry({ processName, version, otlpUrl: first.otlpUrl });
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(signal).then(() => process.exit()));
    // Started by npm start, the demo or a test that is gone without a word: nobody would ever stop this process.
    if (process.connected) process.once('disconnect', () => void stop('disconnect').then(() => process.exit()));
    for (const [index, definition] of definitions.entries()) {
      running.push(await startService(definition, configs[index] as BaseConfig, telemetry, version, hands));
    }
  } catch (error) {
    giveUp(error);
  }
}
