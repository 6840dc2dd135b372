import { inject } from 'vitest';
import type { SharedServers } from './global-setup.js';

/** The servers of this run. @throws Error in a vitest project without the global set-up (only integration and e2e have it). */
export function sharedServers(): SharedServers {
  const servers = inject('inkpostServers');
  if (!servers) throw new Error('no servers here: name the file *.int.test.ts or *.e2e.test.ts');
  return servers;
}
