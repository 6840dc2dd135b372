import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Domain } from './domain.js';
import type { DomainStore } from './domain.store.js';

/** `code`: as in admission.proto's Refusal. `reason`: for an administrator, with what to do. */
export function refusal(code: string, reason: string): PermanentFailure {
  return new PermanentFailure(`domain.${code}`, reason);
}

export async function refuseMember(domains: Pick<DomainStore, 'current'>): Promise<void> {
  const domain = await domains.current();
  if (domain) throw refusal('in-a-domain', `This server is in the domain ${domain.name} already, as its ${domain.role}: it must leave that one first.`);
}

export async function demandDomain(domains: Pick<DomainStore, 'current'>): Promise<Domain> {
  const domain = await domains.current();
  if (!domain) throw refusal('in-no-domain', 'This server is in no domain.');
  return domain;
}

export async function demandMaster(domains: Pick<DomainStore, 'current'>): Promise<Domain> {
  const domain = await demandDomain(domains);
  if (domain.role !== 'master') throw refusal('not-master', `This server is a slave of the domain ${domain.name}: that is done on its master.`);
  return domain;
}

export async function demandSlave(domains: Pick<DomainStore, 'current'>): Promise<Domain> {
  const domain = await demandDomain(domains);
  if (domain.role !== 'slave') throw refusal('not-slave', `This server is the master of the domain ${domain.name}.`);
  return domain;
}
