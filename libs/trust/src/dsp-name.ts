const SUFFIX = '.dsp.inkpost.internal';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * By what name a server of a domain is called and certified, wherever it is: callers send it as SNI, so that addresses, NAT and renumbering don't matter.
 * `internal` is reserved for private use: no other authority may certify it.
 */
export function dspNameOf(serverId: string): string {
  return `${serverId}${SUFFIX}`;
}

/** The server that a name stands for; undefined: it is no such name. */
export function serverIdOf(name: string): string | undefined {
  if (!name.endsWith(SUFFIX)) return undefined;
  const serverId = name.slice(0, -SUFFIX.length);
  return UUID.test(serverId) ? serverId : undefined;
}
