import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { AUTHORITIES_KEPT_MAX } from './limits.js';

const contexts = new Map<string, SecureContext>();

/**
 * For TLS connections that trust an authority (PEM) besides the system's; empty: only those. All connections share what is made of it:
 * to read the system's certificates for each would take 10 ms or more and 1.4 MB.
 */
export function trusting(authority: string): { readonly secureContext?: SecureContext } {
  if (authority === '') return {};
  const known = contexts.get(authority);
  if (known) return { secureContext: known };
  const secureContext = createSecureContext({ ca: [...getCACertificates('default'), authority] });
  // The oldest one goes: settings change, and tests of them come and go.
  const [oldest] = contexts.keys();
  if (oldest !== undefined && contexts.size >= AUTHORITIES_KEPT_MAX) contexts.delete(oldest);
  contexts.set(authority, secureContext);
  return { secureContext };
}
