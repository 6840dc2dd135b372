import { execFile } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type ServerProcess, startServerProcess } from '@inkpost/local/server-process.js';
import { freePorts } from './free-port.js';
import { haltProcess } from './halt-process.js';
import type { TestCertificate } from './test-certificate.js';
import { makeTestCertificate } from './test-certificate.js';
import { type Organisation, SERVICE_PASSWORD, toLdif } from './slapd-organisation.js';
import { SLAPD_SCHEMA } from './slapd-schema.js';
import { answers, findServer } from './server-process.js';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const PACKAGES = ['slapd', 'ldap-utils'];

export interface SlapdOptions {
  readonly organisation: Organisation;
  /** By default for `localhost` and 127.0.0.1, of an authority of its own. */
  readonly certificate?: TestCertificate;
  /** More of slapd's own settings for the whole server. */
  readonly settings?: string;
}

/** A real OpenLDAP on 127.0.0.1 with one organisation. */
export interface SlapdServer {
  /** ldap, StartTLS too. */
  readonly port: number;
  /** ldaps */
  readonly securePort: number;
  /** The authority's certificate (PEM). */
  readonly ca: string;
  readonly suffix: string;
  /** The account that may read everything but passwords. */
  readonly serviceDn: string;
  readonly servicePassword: string;
  /** Changes entries with LDIF change records, as ldapmodify does. */
  modify(ldif: string): Promise<void>;
  /** Takes connections and never answers, until `resume`. */
  hang(): void;
  resume(): void;
  stop(): Promise<void>;
  /** On the same ports, with the same entries. */
  start(): Promise<void>;
  /** Stops it and removes its entries: let `beforeAll` return it. */
  remove(): Promise<void>;
}

/** Starts an OpenLDAP with this organisation, in about 0.3 s. @throws ServerMissing when it is not installed. */
export async function startSlapd({ organisation, certificate, settings = '' }: SlapdOptions): Promise<SlapdServer> {
  const program = findServer('slapd', PACKAGES);
  const ldapmodify = findServer('ldapmodify', PACKAGES);
  const shown = certificate ?? (await makeTestCertificate());
  const scratch = await temporaryFolder('slapd');
  const [port = 0, securePort = 0] = await freePorts(2);
  const { suffix } = organisation;
  const start = () => startProcess(program, scratch.path, [port, securePort]);
  let server: ServerProcess;
  try {
    await prepare(scratch.path, organisation, shown, settings);
    server = await start();
  } catch (error) {
    await scratch.remove();
    throw error;
  }
  return {
    port, securePort, suffix, ca: shown.ca, serviceDn: `cn=inkpost,${suffix}`, servicePassword: SERVICE_PASSWORD,
    modify: async (ldif) => {
      const file = join(scratch.path, 'changes.ldif');
      await writeFile(file, ldif);
      await run(ldapmodify, ['-x', '-H', `ldap://127.0.0.1:${port}`, '-D', `cn=admin,${suffix}`, '-w', 'admin', '-f', file]);
    },
    hang: () => haltProcess(server.pid),
    resume: () => void process.kill(server.pid, 'SIGCONT'),
    stop: () => server.stop(),
    start: async () => {
      server = await start();
    },
    remove: async () => {
      await server.stop();
      await scratch.remove();
    },
  };
}

async function prepare(folder: string, organisation: Organisation, { certificate, key, ca }: TestCertificate, settings: string): Promise<void> {
  await chmod(folder, 0o755);
  await mkdir(join(folder, 'entries'));
  const files = { 'certificate.pem': certificate, 'key.pem': key, 'authority.pem': ca, 'slapd.conf': configuration(folder, organisation.suffix, settings), 'entries.ldif': toLdif(organisation) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await run(findServer('slapadd', PACKAGES), ['-q', '-f', join(folder, 'slapd.conf'), '-l', join(folder, 'entries.ldif')]);
}

async function startProcess(program: string, folder: string, [port, securePort]: readonly [number, number]): Promise<ServerProcess> {
  const server = await startServerProcess({
    name: 'slapd',
    file: program,
    // A level on which it says little more than that it is ready.
    args: ['-d', 'sync', '-f', join(folder, 'slapd.conf'), '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${securePort}`],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: '/',
    readyLine: /slapd starting/,
    readyWithinMs: 30_000,
    stopSignal: 'SIGTERM',
  });
  // It says so a moment before it listens.
  const deadline = Date.now() + 5_000;
  while (!((await answers({ port })) && (await answers({ port: securePort }))) && Date.now() < deadline) await pause(10);
  return server;
}

function configuration(folder: string, suffix: string, settings: string): string {
  return `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
${SLAPD_SCHEMA}
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile ${folder}/slapd.pid
argsfile ${folder}/slapd.args
TLSCertificateFile ${folder}/certificate.pem
TLSCertificateKeyFile ${folder}/key.pem
TLSCACertificateFile ${folder}/authority.pem
${settings}
database mdb
suffix "${suffix}"
rootdn "cn=admin,${suffix}"
rootpw admin
directory ${folder}/entries
maxsize 268435456
# Microsoft's limit: more comes in pages only.
sizelimit size.soft=1000 size.hard=1000 size.prtotal=unlimited
index objectClass,mail,uid,proxyAddresses,mailAlternateAddress,member eq
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=inkpost,${suffix}" read by users none by * none
`;
}
