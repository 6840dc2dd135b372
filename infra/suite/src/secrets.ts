import { text } from 'node:stream/consumers';
import { ConfigError } from '@inkpost/config/config.js';
import { processEnvironment } from '@inkpost/config/environment.js';
import { withNewestFirst, withNewVersion } from './replace-master-key/key-text.js';
import { withInstallation } from './replace-master-key/reach-installation.js';
import { retire, rotate, showStatus, type Tell } from './replace-master-key/replace-master-key.js';

const USAGE = `npm run secrets -- <what>
  status         which versions of the master key there are, and what is sealed with each
  rotate         makes a new version and seals everything with it, while Inkpost runs; run again, it goes on where it was broken off
  retire         removes the older versions, once nothing needs them; --now: without waiting for what may be under way
  next           reads a master key from standard input and writes it with a new version in front, for a key that is kept elsewhere
docs/secrets.md says more.
`;

const tell: Tell = (line) => void process.stdout.write(`${line}\n`);

async function run(args: readonly string[]): Promise<number> {
  switch (args.join(' ')) {
    case 'status':
      return withInstallation(processEnvironment(), (kept) => showStatus(kept, tell));
    case 'rotate':
      return withInstallation(processEnvironment(), (kept) => rotate(kept, tell));
    case 'retire':
    case 'retire --now':
      return withInstallation(processEnvironment(), (kept) => retire(kept, args.includes('--now'), tell));
    case 'next':
      process.stdout.write(withNewestFirst(withNewVersion(await text(process.stdin))));
      return 0;
    default:
      process.stdout.write(USAGE);
      return args.includes('--help') ? 0 : 2;
  }
}

// Who reads it may stop early, as `head` does; what was begun is finished all the same.
process.stdout.on('error', () => undefined);
process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  return error instanceof ConfigError ? 2 : 1;
});
