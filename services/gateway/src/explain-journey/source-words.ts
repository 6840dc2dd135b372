import { fact } from './evidence.js';
import type { Evidence } from './step.js';

const PROVIDERS: Readonly<Record<string, string>> = { office365: 'Office 365', google: 'Google Workspace' };
const PROTOCOLS: Readonly<Record<string, string>> = { imap: 'IMAP', pop3: 'POP3', graph: 'Microsoft Graph', smtp: 'SMTP' };

/** Where a mail came from: ` by IMAP`, ` from Office 365 by Microsoft Graph`; empty where nothing says it. */
export function sourceWords(evidence: Evidence): string {
  const source = fact(evidence, 'source');
  const protocol = fact(evidence, 'protocol');
  const provider = PROVIDERS[source];
  // What a mail server says of itself is ESMTP, ESMTPS, LMTP… (RFC 3848).
  const by = source === 'smtp' ? (protocol.startsWith('LMTP') ? 'LMTP' : 'SMTP') : (PROTOCOLS[protocol] ?? PROTOCOLS[source] ?? '');
  return `${provider === undefined ? '' : ` from ${provider}`}${by === '' ? '' : ` by ${by}`}`;
}
