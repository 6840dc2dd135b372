import { join, resolve } from 'node:path';
import { ConfigError, type Environment, readConfigs } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { oneOf, text, url } from '@inkpost/config/variables.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { Steps } from '@inkpost/local/steps.mjs';
import { checkPorts } from './check-ports.js';
import { startStack } from './embedded-stack.js';
import { lockFolder } from './folder-lock.js';
import { SUITE } from './services.js';
import { passedOn, suiteEnvironment } from './suite-environment.js';
import { startSuite } from './start-suite.js';

/** What `npm start` itself is told; everything else in INKPOST_* goes to the services. */
const startConfig = {
  home: text('INKPOST_HOME', 'Folder of all data: database, spool, secrets, logs.', join(projectFolder, '.inkpost')),
  databaseOwnerUrl: url('INKPOST_DATABASE_OWNER_URL', 'An existing Postgres database with an account that may create roles; without it an embedded one is started.', ['postgres', 'postgresql'], undefined),
  redisUrl: url('INKPOST_REDIS_URL', 'An existing Redis, with its password; without it an embedded one is started.', ['redis', 'rediss'], undefined),
  topology: oneOf('INKPOST_TOPOLOGY', 'One process for all services, or one for each.', ['all', 'processes'], 'all'),
};

const USAGE = `npm start   runs Inkpost with its data in .inkpost/; INKPOST_* variables change what the README lists.`;

async function main(): Promise<void> {
  const environment = processEnvironment();
  // All services' settings are checked at once, before anything is started.
  const [config] = readConfigs([startConfig, ...SUITE.map((service) => service.config)], environment);
  const folder = resolve(config.home);
  const unlock = await lockFolder(folder);
  const steps = new Steps();
  const stops: (() => Promise<void>)[] = [unlock];
  const stopAll = async (): Promise<void> => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  const interrupted = Promise.withResolvers<'interrupted'>();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => interrupted.resolve('interrupted'));
  try {
    const stack = await startStack({
      folder, databaseOwnerUrl: config.databaseOwnerUrl, redisUrl: config.redisUrl,
      runStep: (title, act) => steps.run(title, () => act()), onNotice: (notice) => steps.line(`  ${notice}`),
    });
    stops.push(() => stack.stop());
    const settings: Environment = { ...suiteEnvironment({ databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl, folder }), ...environment, INKPOST_REDIS_URL: stack.redisUrl, INKPOST_DATABASE_URL: stack.databaseUrl };
    await checkPorts(settings);
    const own = Object.fromEntries(Object.entries(settings).filter(([name]) => name.startsWith('INKPOST_')));
    const logFile = join(folder, 'inkpost.log');
    const suite = await startSuite({ topology: config.topology, environment: { ...passedOn(environment), ...own }, logFile });
    stops.push(() => suite.stop());
    // It may wait for a server for as long as that is away.
    const outcome = await Promise.race([steps.run('Inkpost', () => suite.waitUntilReady()), interrupted.promise]);
    if (outcome !== 'interrupted') {
      showDoors(steps, settings, { folder, logFile });
      await Promise.race([interrupted.promise, suite.failed]);
    }
    steps.line('');
    await steps.run('Stopping', stopAll);
  } catch (error) {
    await stopAll();
    throw error;
  }
}

function showDoors(steps: Steps, settings: Environment, { folder, logFile }: { readonly folder: string; readonly logFile: string }): void {
  steps.line('');
  steps.line(`  REST, with docs    http://${settings['INKPOST_HTTP_LISTEN']}/api/v0/docs`);
  steps.line(`  Mail intake        ${settings['INKPOST_SMTP_LISTEN']} by SMTP, ${settings['INKPOST_LMTP_LISTEN']} by LMTP`);
  steps.line('  Sign-in            maintenance; the first time with changeme, which has to be changed at once');
  steps.line(`  Data               ${folder}`);
  steps.line(`  Log                ${logFile}`);
  steps.line(`  Ready after ${steps.elapsed()}. Ctrl-C stops it.`);
}

if (process.argv.length > 2) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(process.argv.includes('--help') ? 0 : 2);
}
await main().catch((error: unknown) => {
  const reason = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}${reason}\n`);
  process.exitCode = error instanceof ConfigError ? 2 : 1;
});
