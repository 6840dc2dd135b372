import type { AuthenticationMode } from './authentication-settings.js';

/** What mail-ingest found out about who sent a mail. */
export interface MeasuredAuthentication {
  /** pass, fail, none or temperror. */
  readonly verdict: string;
  /** What it rests on: dmarc, dkim, spf, arc, or nothing. */
  readonly basis: string;
}

export interface AuthenticationRefusal {
  readonly reason: 'sender-forged' | 'sender-unauthenticated' | 'authentication-unknown';
  /** The rule that decided, for the verdict and the journey. */
  readonly rule: string;
  readonly statusText: string;
}

/** Must a mail be refused for what is known of who sent it? */
export function decideAuthentication(mode: AuthenticationMode, { verdict, basis }: MeasuredAuthentication, sender: string): AuthenticationRefusal | undefined {
  if (mode === 'off' || verdict === 'pass') return undefined;
  if (verdict === 'fail' && basis === 'dmarc') {
    return { reason: 'sender-forged', rule: 'sender authentication: DMARC says fail', statusText: `The job was submitted with an e-mail address that its domain disowns (DMARC): ${sender}` };
  }
  if (mode === 'report') return undefined;
  if (verdict === 'temperror') {
    return { reason: 'authentication-unknown', rule: 'sender authentication is required', statusText: `The e-mail address could not be authenticated, since DNS did not answer: ${sender}` };
  }
  return { reason: 'sender-unauthenticated', rule: 'sender authentication is required', statusText: `The job was submitted with an e-mail address that is not authenticated: ${sender}` };
}

/** Who may hear that a mail is refused. */
export interface MayBeTold {
  readonly senderMayBeTold: boolean;
  /** If the sender turns out to be known: nothing shows that the address is forged, nor that it isn't. */
  readonly knownSenderMayBeTold: boolean;
}

/** The address may be forged: told is only who certainly sent the mail, or is known. An automatic mail is never answered (RFC 3834, 2). */
export function whoMayBeTold(automatic: boolean, verdict: string): MayBeTold {
  return { senderMayBeTold: !automatic && verdict === 'pass', knownSenderMayBeTold: !automatic && verdict !== 'pass' && verdict !== 'fail' };
}
