import { describe, expect, it } from 'vitest';
import { describePreview } from './describe-preview.js';

const address = 'ada@example.org';
const nobody = { kind: 'nobody', asked: ['AD', 'guests'] } as const;
const preview = (policy: 'confirm' | 'sponsor' | 'hold', sponsors: readonly string[] = []) => describePreview(address, nobody, { kind: 'awaited', policy }, sponsors);

describe('what a test of an e-mail says about the owner', () => {
  it('names the directories that were asked in vain, and who would be asked', () => {
    expect(preview('confirm')).toMatchObject({ outcome: 'confirm', report: ['Asked in vain: AD, guests.', expect.stringContaining('Nobody has the address ada@example.org. The sender would be asked by mail to confirm') as string] });
    expect(preview('sponsor', [address, 'grace@example.org']).report[1]).toContain('and grace@example.org would be asked by mail to vouch');
    expect(preview('sponsor', [address]).report[1]).toContain('until an administrator lets the sender in');
    expect(preview('hold').report[1]).toContain('until an administrator lets the sender in');
  });

  it('says of a refusal the words that a job would get', () => {
    const statusText = `No user found with e-mail address: ${address}`;
    expect(describePreview(address, nobody, { kind: 'refused', reason: 'no-account', statusText }, [])).toMatchObject({ outcome: 'refused', statusText, report: [expect.any(String), `Refused: ${statusText}`] });
  });
});
