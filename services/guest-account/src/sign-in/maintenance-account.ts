import type { Log } from '@inkpost/telemetry/log.js';
import type { AdministratorStore } from './administrator.store.js';
import type { MaintenanceProofStore } from './maintenance-proof.store.js';
import { hashPassword, verifyPassword } from './password-hash.js';
import { passwordProblem } from './password-policy.js';

export const MAINTENANCE_ACCOUNT = 'maintenance';

/** SKY-028: known to everybody, and good for nothing but being changed. */
const FIRST_PASSWORD = 'changeme';

/**
 * Makes the maintenance account at the first start. A password that the configuration gives is set when it is another than the
 * configuration gave last: one that a person chose since stays, and a forgotten one can be replaced.
 * Throws an error in one line where it is too weak.
 */
export async function prepareMaintenanceAccount(administrators: AdministratorStore, proofs: MaintenanceProofStore, configuredPassword: string | undefined, log: Log): Promise<void> {
  const problem = configuredPassword === undefined ? undefined : passwordProblem(configuredPassword);
  if (problem) throw new Error(`The maintenance password that is configured (INKPOST_MAINTENANCE_PASSWORD or the secret maintenance-password) is too weak: it ${problem}.`);
  if (!(await administrators.find(MAINTENANCE_ACCOUNT))) await administrators.ensure(MAINTENANCE_ACCOUNT, await hashPassword(FIRST_PASSWORD));
  if (configuredPassword === undefined) return;
  const account = await administrators.find(MAINTENANCE_ACCOUNT);
  const isKnown = account?.configuredPasswordHash != null && (await verifyPassword(account.configuredPasswordHash, configuredPassword));
  if (isKnown) return;
  await proofs.keep(configuredPassword, await administrators.setConfiguredPassword(MAINTENANCE_ACCOUNT, await hashPassword(configuredPassword)));
  log.info('maintenance password set by the configuration', {});
}
