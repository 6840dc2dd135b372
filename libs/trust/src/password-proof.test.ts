import { beforeAll, describe, expect, it } from 'vitest';
import { answerProof, beginProof, confirmProof, type PasswordRecord, ProvenChannel, recordPassword } from './password-proof.js';

let record: PasswordRecord;
beforeAll(async () => {
  record = await recordPassword('Mot-de-passe é 2026');
});

const text = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const [ONE, OTHER] = ['ab'.repeat(32), 'cd'.repeat(32)];

describe('a proof of the maintenance password', () => {
  it('gives both sides the same key, however the letters were composed, and says nothing of the password', async () => {
    const proof = await beginProof('Mot-de-passe e\u0301 2026');
    const answer = await answerProof(record, proof.request);
    const done = proof.finish(answer?.response ?? '');
    expect(await confirmProof(answer?.state ?? '', done?.finish ?? '')).toBe(done?.sessionKey);
    expect(`${proof.request} ${answer?.response} ${done?.finish}`).not.toContain('Mot');
  });

  it('fails on the side that proves where the password is another one', async () => {
    const proof = await beginProof('Mot-de-passe e 2026');
    expect(proof.finish((await answerProof(record, proof.request))?.response ?? '')).toBeUndefined();
  });

  it('fails on the other side for a second half that belongs to another first one, and for what is none', async () => {
    const [one, other] = [await beginProof('Mot-de-passe é 2026'), await beginProof('Mot-de-passe é 2026')];
    const [first, second] = [await answerProof(record, one.request), await answerProof(record, other.request)];
    const done = one.finish(first?.response ?? '');
    expect(await confirmProof(second?.state ?? '', done?.finish ?? '')).toBeUndefined();
    expect(await answerProof(record, 'zz')).toBeUndefined();
    expect(await confirmProof(first?.state ?? '', '')).toBeUndefined();
  });
});

describe('what is said under a proof', () => {
  const key = Buffer.alloc(64, 7).toString('base64url');

  it('opens for the same certificate, key and direction alone', () => {
    const channel = new ProvenChannel(key, ONE);
    const sealed = channel.seal('command', Buffer.from('join'));
    expect(text(channel.open('command', sealed))).toBe('join');
    expect(channel.open('answer', sealed)).toBeUndefined();
    expect(new ProvenChannel(key, OTHER).open('command', sealed)).toBeUndefined();
    expect(new ProvenChannel(Buffer.alloc(64, 8).toString('base64url'), ONE).open('command', sealed)).toBeUndefined();
    expect(channel.open('command', sealed.subarray(1))).toBeUndefined();
    expect(channel.open('command', new Uint8Array(3))).toBeUndefined();
  });
});
