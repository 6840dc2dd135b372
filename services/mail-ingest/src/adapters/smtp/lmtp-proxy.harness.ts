import { writeFile, mkdir, chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { startServerProcess } from '@inkpost/local/server-process.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { findServer } from '@inkpost/testkit/server-process.js';
import { temporaryFolder } from '@inkpost/testkit/temporary-folder.js';

/** A Dovecot that hands every mail on by LMTP, adding a Received field with its time to each, as it does in front of several servers. */
export interface LmtpProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** Needs root. */
export async function startLmtpProxy(targetPort: number): Promise<LmtpProxy> {
  const program = findServer('dovecot', ['dovecot-lmtpd']);
  const [scratch, port] = [await temporaryFolder('lmtp-proxy'), await freePort()];
  await chmod(scratch.path, 0o755);
  for (const name of ['run', 'state']) await mkdir(join(scratch.path, name), { mode: 0o755 });
  await writeFile(join(scratch.path, 'dovecot.conf'), settings(scratch.path, port, targetPort));
  const server = await startServerProcess({
    name: 'Dovecot as a proxy', file: program, args: ['-F', '-c', join(scratch.path, 'dovecot.conf')], env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', TZ: 'UTC' }, cwd: '/',
    readyLine: /starting up for/, readyWithinMs: 15_000, stopSignal: 'SIGTERM',
  });
  const stop = async (): Promise<void> => {
    await server.stop();
    await scratch.remove();
  };
  return { port, stop };
}

function settings(folder: string, port: number, targetPort: number): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
protocols = lmtp
listen = 127.0.0.1
ssl = no
lmtp_proxy = yes
first_valid_uid = 1
first_valid_gid = 1
passdb {
  driver = static
  args = nopassword=y proxy=y host=127.0.0.1 port=${targetPort} protocol=lmtp proxy_timeout=5
}
service lmtp {
  inet_listener lmtp {
    address = 127.0.0.1
    port = ${port}
  }
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`;
}
