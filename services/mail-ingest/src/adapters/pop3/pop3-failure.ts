import type { Failure } from '@inkpost/failure/failure.js';
import type { SourceAccess } from '../../ports/mail-source.port.js';
import { connectionLost, loginRefused, serverFailing, serverFailure } from '../mail-server-failure.js';
import type { Pop3Reply } from './pop3-reply.js';

const SHOWN_CHARACTERS_MAX = 200;

/** `reason`: what the server said of a token before it refused it, in JSON. */
export function signInFailure(access: SourceAccess, reply: Pop3Reply, reason = ''): Failure {
  const trouble = troubleOf(access, reply);
  if (trouble) return trouble;
  return loginRefused(access, [reply.text.replace(/\.$/, ''), /"status"\s*:\s*"?([\w-]{1,50})/.exec(reason)?.[1]].filter(Boolean).join(', status '));
}

/** A server that says no before anybody signed in. */
export function refusedBeforeSignIn(access: SourceAccess, reply: Pop3Reply): Failure {
  return troubleOf(access, reply) ?? serverFailing(access, reply.text);
}

/** What another service says to whoever connects is told to nobody: a mailbox's server may be set to any address. */
export function noPop3Server(access: SourceAccess): Failure {
  return connectionLost(access, 'what answers there is not a POP3 server: are server, port and the choice of TLS right?');
}

export function notUnderstood(access: SourceAccess, line: string): Failure {
  return connectionLost(access, `it does not answer as a POP3 server does: ${line.slice(0, SHOWN_CHARACTERS_MAX)}`);
}

/** What has nothing to do with user and password (RFC 2449, 8.1; RFC 3206). */
function troubleOf(access: SourceAccess, reply: Pop3Reply): Failure | undefined {
  const { host, port, user } = access;
  switch (reply.code) {
    case 'IN-USE':
      return serverFailure('mailbox.in-use', `Another program is signed in to ${user} on the mail server ${host}:${port}, which lets in one at a time by POP3.`, access);
    case 'LOGIN-DELAY':
      return serverFailure('mailbox.login-too-soon', `The mail server ${host}:${port} wants more time between two sign-ins: ${reply.text}.`, access);
    case 'SYS/TEMP':
    case 'SYS/PERM':
      return serverFailing(access, reply.text);
    default:
      return undefined;
  }
}
