import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SignInService } from '@inkpost/contracts/admin/v1/accounts_pb.js';
import { MaintenanceProofService } from '@inkpost/contracts/admin/v1/maintenance_proof_pb.js';
import { beginProof } from '@inkpost/trust/password-proof.js';
import { GuestAccountHarness } from '../guest-account.harness.js';

const [FIRST, SECOND] = ['Print-2026', 'Paper+2027'];

let harness: GuestAccountHarness;
let service: Awaited<ReturnType<GuestAccountHarness['startService']>>;
beforeAll(async () => {
  harness = await GuestAccountHarness.start();
  service = await harness.startService();
});
afterAll(() => harness.stop());

const failures = async () => (await harness.superuser.query<{ failures: number }>("SELECT failures FROM guest_account.sign_in_delay WHERE scope = 'maintenance'")).rows[0]?.failures ?? 0;

async function prove(password: string, source = '192.0.2.9'): Promise<string> {
  const client = service.client(MaintenanceProofService, 'configuration.write');
  const proof = await beginProof(password);
  const { outcome, opaqueResponse, state } = await client.startProof({ opaqueRequest: proof.request, source });
  if (outcome !== 'started') return outcome;
  const done = proof.finish(opaqueResponse);
  if (!done) return 'wrong';
  const answer = await client.finishProof({ state, opaqueFinish: done.finish, source });
  return answer.outcome === 'proven' && answer.sessionKey === done.sessionKey ? 'proven' : answer.outcome;
}

describe('the maintenance password, proven to another server', () => {
  it('is none before it was chosen, then the one that was chosen last, whatever was proven before', async () => {
    const signIn = service.client(SignInService);
    const change = (currentPassword: string, newPassword: string) => signIn.changePassword({ account: 'maintenance', currentPassword, newPassword, source: '192.0.2.1' });
    expect(await prove('changeme')).toBe('no-password');
    await change('changeme', FIRST);
    expect(await prove(FIRST)).toBe('proven');
    await change(FIRST, SECOND);
    expect(await prove(SECOND)).toBe('proven');
    expect(await prove(FIRST)).toBe('wrong');
  });

  it('is proven again after a sign-in where the proof was lost, as with a database from before', async () => {
    await harness.superuser.query('DELETE FROM guest_account.maintenance_proof');
    expect(await prove(SECOND)).toBe('no-password');
    await service.client(SignInService).signIn({ account: 'maintenance', password: SECOND, source: '192.0.2.1' });
    expect(await prove(SECOND)).toBe('proven');
  });

  it('counts each first half as a guess until the second half comes, and locks out who goes on', async () => {
    const client = service.client(MaintenanceProofService, 'configuration.write');
    const before = await failures();
    await prove(SECOND);
    expect(await failures()).toBe(before);
    await prove('wrong');
    expect(await failures()).toBe(before + 1);
    const { request } = await beginProof('wrong');
    const outcomes: string[] = [];
    for (let index = 0; index < 8; index += 1) outcomes.push((await client.startProof({ opaqueRequest: request, source: '198.51.100.3' })).outcome);
    expect(outcomes.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => 'started'));
    expect(outcomes.at(-1)).toBe('locked-out');
  });

  it('is asked by domain-sync alone', async () => {
    await expect(service.client(MaintenanceProofService).startProof({ opaqueRequest: 'x' })).rejects.toThrow(/configuration.write/);
  });
});
