import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { RestClient } from '@inkpost/suite/rest-client.js';
import { freePort } from '@inkpost/testkit/free-port.js';
import { samplePdf } from '@inkpost/testkit/sample-pdf.js';
import { sendMail } from '@inkpost/testkit/send-mail.js';
import { type TemporaryFolder, temporaryFolder } from '@inkpost/testkit/temporary-folder.js';
import { CONTROL_PORTS, variablePart, type ServiceName } from '@inkpost/service/service-variables.js';

const running: ChildProcess[] = [];
const folders: TemporaryFolder[] = [];

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  for (const folder of folders.splice(0)) await folder.remove();
});

// CLI-009, to the letter.
const SINGLEIFIED = `Please note that this will only update the XML file passed as parameter and will not do anything on the cluster!
Are you sure you want to SINGLEIFY the local server ? [y/n]
Status found for service 'Watchdoc' with status : Stopped
The server is found to be a 'MASTER' server
The server no longer has any info on the Domains node
The server is now a 'SINGLE' server
The configuration has been successfully updated & saved
You can now start the service properly
`;

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const WCLI = 'infra/wcli/dist/wcli.mjs';

function command(script: 'audit' | 'demo' | 'start' | 'secrets' | 'wcli', args: readonly string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(projectFolder, script === 'wcli' ? WCLI : `infra/suite/dist/${script}.js`), ...args], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.push(child);
  let stdout = '';
  child.stdout.on('data', (piece: Buffer) => {
    stdout += piece.toString();
  });
  const ended = Promise.all([text(child.stderr), once(child, 'close')]).then(([stderr]): Ended => ({ code: child.exitCode, stdout, stderr }));
  /** Waits until `npm start` says that it is up. */
  const started = () => Promise.race([expect.poll(() => stdout, { timeout: 60_000 }).toContain('Ctrl-C stops it'), ended.then(({ stderr }) => Promise.reject(new Error(`it ended: ${stderr}`)))]);
  return { child, ended, started, output: () => stdout };
}

/** Every door on a port of its own, so that tests run beside each other and beside a real installation. */
async function ownDoors() {
  const controls = await Promise.all(
    Object.keys(CONTROL_PORTS).map(async (service) => {
      const address = `127.0.0.1:${await freePort()}`;
      const part = variablePart(service as ServiceName);
      // The gateway is called by nobody.
      return { [`INKPOST_${part}_LISTEN`]: address, ...(service === 'gateway' ? {} : { [`INKPOST_${part}_URL`]: `http://${address}` }) };
    }),
  );
  const http = await freePort();
  return { http, environment: Object.assign({}, ...controls, { INKPOST_HTTP_LISTEN: `127.0.0.1:${http}`, INKPOST_DSP_LISTEN: `127.0.0.1:${await freePort()}`, INKPOST_WSC_LISTEN: `127.0.0.1:${await freePort()}`, INKPOST_SMTP_LISTEN: `127.0.0.1:${await freePort()}`, INKPOST_LMTP_LISTEN: `127.0.0.1:${await freePort()}` }) as Record<string, string> };
}

async function ownFolder(): Promise<string> {
  const folder = await temporaryFolder('start');
  folders.push(folder);
  return folder.path;
}

describe('npm run demo -- --once --json', () => {
  it('ends with one line of JSON that shows the main job, the printed bytes being the sent ones', async () => {
    const { code, stdout } = await command('demo', ['--once', '--json']).ended;
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(1);
    const outcome = JSON.parse(lines[0] ?? '') as Record<string, unknown> & { journey: { at: string; step: string; detail: string }[] };
    expect(outcome).toMatchObject({ ok: true, printedSha256: outcome['sentSha256'] });
    expect(outcome['mailToHeldMs']).toBeGreaterThan(0);
    expect(outcome['releaseToPrintedMs']).toBeGreaterThan(0);
    expect(outcome.journey.map(({ step }) => step)).toEqual(expect.arrayContaining(['received', 'held', 'code-mailed', 'released', 'printed']));
    for (const { at, detail } of outcome.journey) {
      expect(new Date(at).toISOString()).toBe(at);
      expect(detail).not.toBe('');
    }
    expect(code).toBe(0);
  });
});

describe('npm run demo', () => {
  it('stays up, shows the mails that come, and ends at Ctrl-C', async () => {
    const { child, ended, output } = command('demo', []);
    await expect.poll(output, { timeout: 60_000 }).toContain('Ctrl-C stops everything');
    const port = Number(/by SMTP on 127\.0\.0\.1:(\d+)/.exec(output())?.[1]);
    await sendMail({ port, from: 'bob@example.org', to: 'print@inkpost.test', attachments: [{ filename: 'second.pdf', content: samplePdf({ text: 'Second' }) }] });
    await expect.poll(output, { timeout: 20_000 }).toMatch(/✉ To bob@example\.org[\s\S]*second\.pdf/);
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });
});

describe('npm start', () => {
  it('leaves nothing running when it is killed with -9', async () => {
    const { http, environment } = await ownDoors();
    const { child, started } = command('start', [], { ...environment, INKPOST_HOME: await ownFolder() });
    await started();
    child.kill('SIGKILL');
    const answers = () => fetch(`http://127.0.0.1:${http}/healthz`).then(() => true, () => false);
    await expect.poll(answers, { timeout: 40_000, interval: 200 }).toBe(false);
  }, 120_000);

  it('lists every wrong setting with its name, and starts nothing', async () => {
    const { code, stderr } = await command('start', [], { INKPOST_HOME: await ownFolder(), INKPOST_LOG_LEVEL: 'loud', INKPOST_SMPT_LISTEN: '1', INKPOST_TOPOLOGY: 'some' }).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/INKPOST_LOG_LEVEL: must be one of/);
    expect(stderr).toMatch(/INKPOST_SMPT_LISTEN is not a setting.*INKPOST_SMTP_LISTEN/);
    expect(stderr).toMatch(/INKPOST_TOPOLOGY: must be one of all, processes/);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('keeps its data over a restart, refuses a second start beside it, and ends cleanly', async () => {
    const folder = await ownFolder();
    const { http, environment } = await ownDoors();
    const settings = { ...environment, INKPOST_HOME: folder, INKPOST_MAINTENANCE_PASSWORD: 'Start-Passw0rd' };
    const first = command('start', [], settings);
    await first.started();
    const rest = new RestClient(`http://127.0.0.1:${http}`);
    await rest.signIn('maintenance', 'Start-Passw0rd');
    await rest.post('/api/v0/queues', { queueId: 'kept', name: 'Kept', printerUri: 'ipp://127.0.0.1:1/', validation: true });
    const second = await command('start', [], settings).ended;
    expect(second.code).toBe(1);
    expect(second.stderr).toMatch(/runs already with the data in/);
    const status = { code: 0, stdout: expect.stringContaining('Version 1 seals. The key is kept in the secrets folder.') as string };
    expect(await command('secrets', ['status'], settings).ended).toMatchObject(status);
    const address = environment['INKPOST_DSP_LISTEN'] ?? '';
    expect(await command('wcli', ['CREATEMASTER', `/master=${address}`], settings).ended).toMatchObject({ code: 0, stdout: expect.stringContaining('Master Creation completed successfully') as string });
    const singleify = (...args: string[]) => command('wcli', ['SINGLEIFY', ...args], settings).ended;
    expect(await singleify('/force')).toMatchObject({ code: 1, stdout: expect.stringMatching(/with status : Running\nAn error occurred while executing command SINGLEIFY\nCommand Line: wcli SINGLEIFY \/force\nInkpost is running: stop it first/) as string });
    first.child.kill('SIGTERM');
    expect((await first.ended).code).toBe(0);
    expect(await singleify('/force')).toEqual({ code: 0, stdout: SINGLEIFIED, stderr: '' });
    expect(JSON.parse((await singleify('/force', '--json')).stdout)).toEqual({ ok: true, command: 'SINGLEIFY', changed: false, role: 'single' });
    // It starts the database for itself, and leaves the folder to the next one.
    expect(await command('secrets', ['status'], settings).ended).toMatchObject(status);
    const again = command('start', [], settings);
    await again.started();
    await rest.signIn('maintenance', 'Start-Passw0rd');
    expect(await rest.get('/api/v0/queues/kept')).toMatchObject({ name: 'Kept' });
    expect(JSON.parse((await command('wcli', ['STATUS', `/server=${address}`, '--json'], settings).ended).stdout)).toMatchObject({ ok: true, role: 'single', domain: null });

    // Of one chain over both starts, by the command beside it.
    const audit = (...args: string[]) => command('audit', args, { INKPOST_HOME: folder }).ended;
    expect(await audit('verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Intact: 3 entries\. /) as unknown });
    expect((await audit('export', '--action', 'queues')).stdout).toMatch(/^\{"id":"2",.*"actor":"maintenance","action":"POST \/api\/v0\/queues"/);
    expect(await command('audit', ['verify'], { INKPOST_HOME: await ownFolder() }).ended).toMatchObject({ code: 2, stderr: expect.stringMatching(/The secret .*database-password can't be read/) as unknown });
    again.child.kill('SIGTERM');
    await again.ended;
    // Its database is started for it where nothing runs.
    expect(await audit('verify')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Intact: 3 entries\. /) as unknown });
    expect(await audit('verfy')).toMatchObject({ code: 2, stderr: expect.stringMatching(/"verfy" is not known[^]*verify {2}\[--noted/) as unknown });
  }, 120_000);

  it('lets the first sign-in do nothing but change the password (SKY-028, SKY-096)', async () => {
    const { http, environment } = await ownDoors();
    await command('start', [], { ...environment, INKPOST_HOME: await ownFolder() }).started();
    const rest = new RestClient(`http://127.0.0.1:${http}`);
    expect(await rest.signIn('maintenance', 'changeme')).toMatchObject({ passwordMustChange: true });
    await expect(rest.get('/api/v0/queues')).rejects.toMatchObject({ status: 403 });
    await expect(rest.put('/api/v0/password', { currentPassword: 'changeme', newPassword: 'weak' })).rejects.toMatchObject({ status: 400 });
    await rest.put('/api/v0/password', { currentPassword: 'changeme', newPassword: 'Much-Better-1' });
    expect(await rest.signIn('maintenance', 'Much-Better-1')).toMatchObject({ passwordMustChange: false });
    expect(await rest.get('/api/v0/queues')).toMatchObject({ queues: [] });
  }, 120_000);
});
