import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { SecretsFolder } from '@inkpost/service/secrets-folder.js';
import { AUDIT_USAGE, AuditUsageError, runAuditCommand } from './audit/audit-command.js';
import { gatewayConfig } from './gateway.config.js';

// The audit log's command line, with the gateway's own settings: in its container, `node services/gateway/dist/audit.js verify`.

async function main(args: readonly string[]): Promise<number> {
  const database = async () => {
    const [{ databaseUrl, secretsFolder }] = readConfigs([gatewayConfig], processEnvironment());
    return { url: databaseUrl, password: await new SecretsFolder(secretsFolder, 'gateway').read('database-password') };
  };
  return runAuditCommand(args, { database, out: process.stdout, say: (line) => void process.stdout.write(`${line}\n`) });
}

process.exitCode = await main(process.argv.slice(2)).catch((error: unknown) => {
  const hint = error instanceof AuditUsageError ? `\n\n${AUDIT_USAGE}` : '\n';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${hint}`);
  return 2;
});
