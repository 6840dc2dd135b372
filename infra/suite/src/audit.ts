import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { AUDIT_USAGE, AuditUsageError, runAuditCommand } from '@inkpost/gateway/audit/audit-command.js';
import { SecretsFolder } from '@inkpost/service/secrets-folder.js';
import { installationVariables, placesOf } from './installation-places.js';
import { reachEmbeddedDatabase } from './reach-database.js';
import { SUITE } from './services.js';

// `npm run audit`: the audit log of an installation on this machine, whether it runs or not. In containers it is
// `node services/gateway/dist/audit.js`.

async function database() {
  const [config] = readConfigs([installationVariables, ...SUITE.map((service) => service.config)], processEnvironment());
  const { home, secretsFolder, databaseOwnerUrl } = placesOf(config);
  // First: where there are no secrets, nothing was ever started, and nothing is to be made.
  const password = await new SecretsFolder(secretsFolder, 'gateway').read('database-password');
  if (databaseOwnerUrl !== undefined) return { url: databaseOwnerUrl, password };
  const reached = await reachEmbeddedDatabase(home);
  return { url: reached.url, password, close: () => reached.stop() };
}

process.exitCode = await runAuditCommand(process.argv.slice(2), { database, out: process.stdout, say: (line) => void process.stdout.write(`${line}\n`) }).catch((error: unknown) => {
  const shown = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof AuditUsageError ? `${shown}\n\n${AUDIT_USAGE}` : `${shown}\n`);
  return 2;
});
