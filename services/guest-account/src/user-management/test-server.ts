import { runSteps, type Step, type StepResult } from '@inkpost/server-connection/run-steps.js';
import { TEST_MAX_MS } from '../limits.js';
import type { ServerSettings } from './server-settings.js';

export interface WayToServer {
  readonly steps: readonly Step[];
  /** Ends what the steps opened. */
  close(): Promise<void>;
}

/** Takes the way to a server step by step. Throws the reason of `signal` when nobody waits any more. */
export type TestServer = (settings: ServerSettings, password: () => string, signal: AbortSignal) => Promise<readonly StepResult[]>;

export function serverTest(wayTo: (settings: ServerSettings, password: () => string) => WayToServer): TestServer {
  return async (settings, password, signal) => {
    const way = wayTo(settings, password);
    try {
      const results = await runSteps(way.steps, AbortSignal.any([signal, AbortSignal.timeout(TEST_MAX_MS)]));
      signal.throwIfAborted();
      return results;
    } finally {
      await way.close();
    }
  };
}
