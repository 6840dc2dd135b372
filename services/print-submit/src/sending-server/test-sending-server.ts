import type { AddressRules } from '@inkpost/server-connection/address-rules.js';
import { runSteps, type StepResult } from '@inkpost/server-connection/run-steps.js';
import { PrintApiWay } from '../adapters/print-api/print-api-way.js';
import { sendingLimits } from '../limits.js';
import type { SendingSettings } from './sending-settings.js';

/** Takes the way to a server step by step; no password is needed for it. Throws the reason of `signal` when nobody waits any more. */
export async function testSendingServer(settings: SendingSettings, rules: AddressRules, signal: AbortSignal): Promise<readonly StepResult[]> {
  const way = new PrintApiWay({ settings, password: () => '', rules });
  try {
    const results = await runSteps(way.steps, AbortSignal.any([signal, AbortSignal.timeout(sendingLimits.testMs)]));
    signal.throwIfAborted();
    return results;
  } finally {
    await way.close();
  }
}
