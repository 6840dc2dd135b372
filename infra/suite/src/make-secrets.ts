import { readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { text } from '@inkpost/config/variables.js';
import { ensureSecrets } from './ensure-secrets.js';
import { writeServerSecrets } from './write-server-secrets.js';

const config = { folder: text('INKPOST_SECRETS_FOLDER', 'Folder of secrets, one sub-folder per service.', '/run/secrets/inkpost') };

// The one-shot of the containers: makes what is missing of the secrets, for the services and for their Postgres and Redis.
try {
  const [{ folder }] = readConfigs([config], processEnvironment());
  await writeServerSecrets(folder, await ensureSecrets({ folder }));
  process.stdout.write(`The secrets in ${folder} are complete.\n`);
} catch (error) {
  process.stderr.write(`The secrets can't be made: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
