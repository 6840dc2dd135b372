import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Domain, Member } from './domain.js';
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
  if (!domain) throw inNoDomain();
  return domain;
}

export function inNoDomain(): PermanentFailure {
  return refusal('in-no-domain', 'This server is in no domain.');
}

export async function demandMaster(domains: Pick<DomainStore, 'current' | 'member'>): Promise<Domain> {
  const domain = await demandDomain(domains);
  if (domain.role === 'master') return domain;
  throw notMaster(domain, await domains.member(domain.masterId));
}

/** What is done on the master was asked of a slave. */
export function notMaster({ name }: Domain, master: Member | undefined): PermanentFailure {
  return refusal('not-master', `This server is a slave of the domain ${name}: that is done on its master${master ? `, ${master.name} (${master.uri})` : ''}.`);
}

/** Two servers at one address: the master would speak to one of them alone. */
export function refuseTakenAddress(members: readonly Member[], uri: string, serverId: string): void {
  const other = members.find((member) => member.uri === uri && member.serverId !== serverId);
  if (other) throw refusal('invalid', `${uri} is the address of ${other.name}, another server of the domain: give the one by which this server is reached.`);
}

export async function demandSlave(domains: Pick<DomainStore, 'current'>): Promise<Domain> {
  const domain = await demandDomain(domains);
  if (domain.role !== 'slave') throw refusal('not-slave', `This server is the master of the domain ${domain.name}.`);
  return domain;
}
