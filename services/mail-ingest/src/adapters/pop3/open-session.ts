import { Failure } from '@inkpost/failure/failure.js';
import type { ServerTimes } from '../../limits.js';
import { LOGIN_REFUSED, NEEDS_ASSOCIATION, type SourceAccess } from '../../ports/mail-source.port.js';
import { Pop3Session } from './pop3-session.js';

/** Connects and signs in. A token that the server doesn't take may have been revoked or changed: then one other is tried. */
export async function openSession(access: SourceAccess, times: ServerTimes, signal: AbortSignal): Promise<Pop3Session> {
  const { signIn } = access;
  const open = (secret: string): Promise<Pop3Session> => Pop3Session.open(access, secret, times, signal);
  if (signIn.kind === 'password') return open(signIn.password);
  const token = await signIn.accessToken();
  try {
    return await open(token);
  } catch (error) {
    if (!isRefused(error)) throw error;
    const another = await signIn.accessToken(token);
    if (another === token) throw error;
    return open(another);
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof Failure && (error.code === LOGIN_REFUSED || error.code === NEEDS_ASSOCIATION);
}
