import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { domainSync } from '@inkpost/domain-sync/domain-sync.module.js';
import { gateway } from '@inkpost/gateway/gateway.module.js';
import { guestAccount } from '@inkpost/guest-account/guest-account.module.js';
import { projectFolder } from '@inkpost/local/project-folder.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD } from './installation.js';
import { ServiceSet } from './service-set.js';

let master: ServiceSet;
let slave: ServiceSet;
beforeAll(async () => {
  [master, slave] = await Promise.all([ServiceSet.start([guestAccount, domainSync, gateway]), ServiceSet.start([guestAccount, domainSync, gateway])]);
});
afterAll(async () => {
  await slave?.stop();
  await master?.stop();
});

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** As a script runs it, from any folder. */
async function wcli(args: readonly string[], input = ''): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [join(projectFolder, 'infra/wcli/dist/wcli.mjs'), ...args], { cwd: '/', env: { PATH: process.env['PATH'] } }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }));
    child.stdin?.end(input);
  });
}

const addressOf = ({ ports }: ServiceSet) => `127.0.0.1:${ports.dsp}`;
const serverOf = async ({ rest }: ServiceSet) => (await rest.call('GET', '/api/v0/server')).body as { serverId: string; name: string; role: string };

describe('wcli', () => {
  it('says what to do where a server does not answer, does not believe the password, or the command is none (CLI-010, EDG-13, EDG-19)', async () => {
    const [m, s] = [addressOf(master), addressOf(slave)];
    expect(await wcli(['/master=127.0.0.1:9', `/slave=${s}`, `/password=${PASSWORD}`, 'CREATESLAVE'])).toMatchObject({ code: 1, stderr: '', stdout: expect.stringMatching(new RegExp(`Connecting to master server at https://127\\.0\\.0\\.1:9/watchdoc/server\\.\\.\\.\nAn error occurred while executing command CREATESLAVE\nCommand Line: wcli /master=127\\.0\\.0\\.1:9 /slave=${s} /password=\\*{8} CREATESLAVE\nFailed to obtain server information from https://127\\.0\\.0\\.1:9/watchdoc/server : connect ECONNREFUSED 127\\.0\\.0\\.1:9\n$`)) as unknown });
    expect((await wcli(['CREATEMASTER', `/master=${m}`, '/password=Another-2026'])).stdout).toMatch(/The maintenance password is not that of https:/);
    expect(await wcli(['createmaster', `/master=${m}`, `/password=${PASSWORD}`])).toMatchObject({ code: 2, stdout: expect.stringContaining('it is written CREATEMASTER, in capitals') as unknown });
    expect(await wcli(['CREATEMASTER', `/master=${m}`])).toMatchObject({ code: 2, stdout: expect.stringContaining('The maintenance password is missing') as unknown });
    expect(await wcli(['STAUS'])).toMatchObject({ code: 2, stdout: expect.stringContaining('There is no command "STAUS". There are: CREATEMASTER, ') as unknown });
    expect((await wcli(['STATUS', `/server=127.0.0.1:${master.ports.http}`])).stdout).toMatch(/ : What answers there does not speak HTTPS [^\n]*INKPOST_DSP_LISTEN[^\n]*\n$/);
    expect(await wcli(['LEAVE', `/server=${m}`])).toMatchObject({ code: 3, stdout: expect.stringMatching(/\[y\/n\]\nNobody answered: nothing was changed\./) as unknown });
    expect((await serverOf(master)).role).toBe('single');
  });

  it('makes a master and a slave in the words of the original (CLI-005, CLI-007)', async () => {
    const [m, s] = [addressOf(master), addressOf(slave)];
    const [first, second] = [await serverOf(master), await serverOf(slave)];
    expect(await wcli(['CREATEMASTER', `/master=${m}`, `/password=${PASSWORD}`])).toEqual({
      code: 0, stderr: '',
      stdout: `Connecting to server at https://${m}/watchdoc/server...\nConnected to server ${first.name} (${first.serverId})\nTrying to promote single server ${m} to Master of new domain 'WATCHDOCDOM'...\nMaster Creation completed successfully\n`,
    });
    expect(await wcli([`/password=${PASSWORD}`, `/slave=https://${s}/watchdoc/server`, `/master=${m}`, 'CREATESLAVE'])).toEqual({
      code: 0, stderr: '',
      stdout: `Connecting to server at https://${s}/watchdoc/server...\nConnected to server ${second.name} (${second.serverId})\nConnecting to master server at https://${m}/watchdoc/server...\nConnected to server ${first.name} (${first.serverId})\nTrying to join server https://${s}/watchdoc/server to domain WATCHDOCDOM ...\nSlave Creation completed successfully\n`,
    });
    expect([(await serverOf(master)).role, (await serverOf(slave)).role]).toEqual(['master', 'slave']);
    expect((await wcli(['CREATEMASTER', `/master=${s}`, `/password=${PASSWORD}`])).stdout).toMatch(/is in the domain WATCHDOCDOM already, as its slave/);
  });

  it('lists servers for people and programs, and lets a server go (DOM-016, CLI-011)', async () => {
    const [m, s] = [addressOf(master), addressOf(slave)];
    const list = await wcli(['LIST', `/server=${m}`, `/password=${PASSWORD}`]);
    expect(list.stdout).toMatch(/\nIdentifier +Name[^]*Master \(Primary\)[^]*Slave/);
    const { stdout, stderr } = await wcli(['LIST', `/server=${s}`, `/password=${PASSWORD}`, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, command: 'LIST', role: 'slave', domain: { name: 'WATCHDOCDOM' }, servers: [{ role: 'master' }, { role: 'slave' }] });
    expect(stderr).toContain('Connected to server');
    const diff = async () => JSON.parse((await wcli(['DIFF', `/server=${m}`, `/password=${PASSWORD}`, '--json'])).stdout) as unknown;
    await expect.poll(diff, { timeout: 20_000 }).toMatchObject({ ok: true, servers: [{ wasHeard: true, differences: [] }] });
    expect((await wcli(['DIFF', `/server=${m}`, `/password=${PASSWORD}`])).stdout).toMatch(/: as the master\n$/);
    expect((await wcli(['PUSH', `/server=${m}`, `/password=${PASSWORD}`])).stdout).toMatch(/\n1 slave is compared: at once, or in mailbox mode with the next call of each\n$/);
    expect((await wcli(['PUSH', `/server=${s}`, `/password=${PASSWORD}`])).stdout).toMatch(/: that is done on its master, .* \(https:.*\)\.\n$/);
    expect((await wcli(['LEAVE', `/server=${m}`, `/password=${PASSWORD}`, '/force'])).stdout).toMatch(/\nThis server is the master of 1 other server: hand its place over first/);
    expect((await wcli(['PROMOTE', `/server=${m}`, `/password=${PASSWORD}`, '/to=PRINTSERVER2', '/force'])).stdout).toMatch(/\nThere is no server "PRINTSERVER2" in the domain: give its identifier/);
    expect(await wcli(['LEAVE', `/server=${s}`, `/password=${PASSWORD}`], 'n\n')).toMatchObject({ code: 3 });
    expect(await wcli(['LEAVE', `/server=${s}`, `/password=${PASSWORD}`], 'y\n')).toMatchObject({ code: 0, stdout: expect.stringMatching(/is now a 'SINGLE' server\n$/) as unknown });
    expect((await wcli(['STATUS', `/server=${s}`, `/password=${PASSWORD}`])).stdout).toMatch(/\nRole {4}SINGLE\n$/);
    expect(JSON.parse((await wcli(['LIST', `/server=${m}`, `/password=${PASSWORD}`, '--json'])).stdout)).toMatchObject({ servers: [{ role: 'master' }] });
  });
});
