import { join } from 'node:path';
import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { text } from '@inkpost/config/variables.js';
import { AUDIT_USAGE, AuditUsageError, runAuditCommand } from '@inkpost/gateway/audit/audit-command.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { SecretsFolder } from '@inkpost/service/secrets-folder.js';
import { databaseUrlOf } from './embedded-stack.js';

// `npm run audit`: the audit log of a suite that `npm start` runs. In containers it is `node services/gateway/dist/audit.js`.

const home = text('INKPOST_HOME', 'Folder of all data of `npm start`.', join(projectFolder, '.inkpost'));

async function database(): Promise<{ url: string; password: string }> {
  const [{ folder }] = readConfigs([{ folder: home }], { [home.name]: processEnvironment()[home.name] });
  return { url: await databaseUrlOf(folder), password: await new SecretsFolder(join(folder, 'secrets'), 'gateway').read('database-password') };
}

process.exitCode = await runAuditCommand(process.argv.slice(2), { database, out: process.stdout, say: (line) => void process.stdout.write(`${line}\n`) }).catch((error: unknown) => {
  const shown = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof AuditUsageError ? `${shown}\n\n${AUDIT_USAGE}` : `${shown}\n`);
  return 2;
});
