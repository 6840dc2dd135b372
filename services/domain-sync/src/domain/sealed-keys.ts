/** What the keys of a server in a domain are sealed for. */
export function memberKeyContext(domainId: string): string {
  return `domain member key ${domainId}`;
}

export function sealingKeyContext(domainId: string): string {
  return `domain sealing key ${domainId}`;
}

export function authorityKeyContext(domainId: string): string {
  return `domain authority key ${domainId}`;
}

export function proofContext(proofId: string): string {
  return `admission proof ${proofId}`;
}
