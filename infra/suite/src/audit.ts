import { join, resolve } from 'node:path';
import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { optionalText, text, url } from '@inkpost/config/variables.js';
import { AUDIT_USAGE, AuditUsageError, runAuditCommand } from '@inkpost/gateway/audit/audit-command.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { SecretsFolder } from '@inkpost/service/secrets-folder.js';
import { reachEmbeddedDatabase } from './reach-database.js';
import { SUITE } from './services.js';

// `npm run audit`: the audit log of an installation on this machine, whether it runs or not. In containers it is
// `node services/gateway/dist/audit.js`.

const auditConfig = {
  home: text('INKPOST_HOME', 'Folder of all data, as for npm start.', join(projectFolder, '.inkpost')),
  databaseOwnerUrl: url('INKPOST_DATABASE_OWNER_URL', 'The database; without it the embedded one of INKPOST_HOME is used.', ['postgres', 'postgresql'], undefined),
  secretsFolder: optionalText('INKPOST_SECRETS_FOLDER', 'Folder of secrets; by default that of INKPOST_HOME.'),
};

async function database() {
  const [config] = readConfigs([auditConfig, ...SUITE.map((service) => service.config)], processEnvironment());
  const home = resolve(config.home);
  // First: where there are no secrets, nothing was ever started, and nothing is to be made.
  const password = await new SecretsFolder(config.secretsFolder ?? join(home, 'secrets'), 'gateway').read('database-password');
  if (config.databaseOwnerUrl !== undefined) return { url: config.databaseOwnerUrl, password };
  const reached = await reachEmbeddedDatabase(home);
  return { url: reached.url, password, close: () => reached.stop() };
}

process.exitCode = await runAuditCommand(process.argv.slice(2), { database, out: process.stdout, say: (line) => void process.stdout.write(`${line}\n`) }).catch((error: unknown) => {
  const shown = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof AuditUsageError ? `${shown}\n\n${AUDIT_USAGE}` : `${shown}\n`);
  return 2;
});
