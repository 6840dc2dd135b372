import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { hashingKey, type MasterKey } from '@inkpost/secrets/master-key.js';

/** By which a canary mail is known when it comes back. */
export const CANARY_HEADER = 'Inkpost-Canary';

const TOKEN = /^(?<canaryId>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?<seal>[A-Za-z0-9_-]{43})$/;

/**
 * What a canary mail says in its header: its random id, and an HMAC over it and its mailbox, which nobody can make who sends mails
 * from outside. A mail that says otherwise is a mail like any other.
 */
export class CanaryTokens {
  private readonly key: KeyObject;

  constructor(masterKey: MasterKey) {
    this.key = hashingKey(masterKey, 'canary');
  }

  sign(canaryId: string, mailboxId: string): string {
    return `${canaryId}.${seal(this.key, canaryId, mailboxId).toString('base64url')}`;
  }

  /** The id of the canary that was sent to this mailbox; undefined: it is none of ours. */
  read(token: string, mailboxId: string): string | undefined {
    const { canaryId, seal: given } = TOKEN.exec(token.trim())?.groups ?? {};
    if (canaryId === undefined || given === undefined) return undefined;
    return timingSafeEqual(Buffer.from(given, 'base64url'), seal(this.key, canaryId, mailboxId)) ? canaryId : undefined;
  }
}

function seal(key: KeyObject, canaryId: string, mailboxId: string): Buffer {
  return createHmac('sha256', key).update(`${canaryId} ${mailboxId}`).digest();
}
