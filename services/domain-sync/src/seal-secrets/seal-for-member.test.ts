import { describe, expect, it } from 'vitest';
import { DhkemX25519HkdfSha256 } from '@hpke/core';
import { openOfMember, sealForMember, type SealedPlace } from './seal-for-member.js';

async function member() {
  const kem = new DhkemX25519HkdfSha256();
  const { publicKey, privateKey } = await kem.generateKeyPair();
  const text = (bytes: ArrayBuffer) => Buffer.from(bytes).toString('base64');
  return { publicKey: text(await kem.serializePublicKey(publicKey)), privateKey: text(await kem.serializePrivateKey(privateKey)) };
}

const place: SealedPlace = { domainId: 'd', serverId: 's', kind: 'directory', objectId: 'o', position: 7 };

describe('secrets of an order', () => {
  it('are read by the member that they are sealed for, and each sealing looks different', async () => {
    const { publicKey, privateKey } = await member();
    const [one, other] = [await sealForMember(publicKey, place, '{"password":"Grüße"}'), await sealForMember(publicKey, place, '{"password":"Grüße"}')];
    expect(await openOfMember(privateKey, place, one)).toBe('{"password":"Grüße"}');
    expect(Buffer.from(one.ciphertext).equals(Buffer.from(other.ciphertext))).toBe(false);
    expect(Buffer.from(one.ciphertext).includes('Gr')).toBe(false);
  });

  it('are read by nobody else, nor for another object, order, member or domain, nor when they were changed', async () => {
    const [one, other] = [await member(), await member()];
    const sealed = await sealForMember(one.publicKey, place, 'secret');
    const refused = { code: 'domain.secrets-unreadable' };
    await expect(openOfMember(other.privateKey, place, sealed)).rejects.toMatchObject(refused);
    for (const moved of [{ objectId: 'p' }, { position: 8 }, { serverId: 't' }, { domainId: 'e' }, { kind: 'queue' }]) {
      await expect(openOfMember(one.privateKey, { ...place, ...moved }, sealed)).rejects.toMatchObject(refused);
    }
    const changed = Uint8Array.from(sealed.ciphertext, (byte, index) => (index === 0 ? byte ^ 1 : byte));
    await expect(openOfMember(one.privateKey, place, { ...sealed, ciphertext: changed })).rejects.toMatchObject(refused);
  });
});
