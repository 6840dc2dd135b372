import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import { serverUri } from '@inkpost/admission/server-address.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { issueMemberCertificate, makeAuthority, openAuthority, requestMembership } from '@inkpost/trust/certificate-authority.js';
import { signSuccession } from '@inkpost/trust/succession.js';
import type { Member } from '../domain/domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore } from '../domain/membership.store.js';
import { makeSealingKeys } from '../domain/own-keys.js';
import type { OwnServer } from '../domain/own-server.js';
import { refusal, refuseMember } from '../domain/refuse.js';
import { AUTHORITY_DAYS, DOMAIN_TEXT_LENGTH_MAX, MEMBER_CERTIFICATE_DAYS, SERVER_NAME_LENGTH_MAX } from '../limits.js';

export const DEFAULT_DOMAIN_NAME = 'WATCHDOCDOM';

export interface DomainDescription {
  /** Empty: WATCHDOCDOM. */
  readonly name: string;
  readonly description: string;
  /** The master's address, as people write it: others reach it there (DOM-010). */
  readonly identifier: string;
}

export interface CreateDomainParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly own: OwnServer;
  readonly log: Log;
}

/** A single server becomes the master of a new domain, with an authority of its own (DOM-009 to DOM-013). Throws PermanentFailures with what is wrong. */
export async function createDomain(wanted: DomainDescription, { domains, memberships, own, log }: CreateDomainParts): Promise<void> {
  const description = checkDescription(wanted);
  await refuseMember(domains);
  const [domainId, { serverId, name, dns }, now] = [randomUUID(), await own.identity(), own.now()];
  const authority = await makeAuthority(`Inkpost domain ${domainId}`, { now, days: AUTHORITY_DAYS });
  const { request, keyPem } = await requestMembership(serverId);
  const issued = await issueMemberCertificate(await openAuthority(authority), serverId, request, { now, days: MEMBER_CERTIFICATE_DAYS });
  if (!issued) throw new Error('unreachable: the request is our own');
  const [sealing, uri, figures] = [makeSealingKeys(), serverUri(description.identifier), await own.figures()];
  const master: Member = {
    ...figures, serverId, name, dns, uri, tags: [], role: 'master', dnsAlias: '', ip: addressOf(uri), sealingPublicKey: sealing.publicKey,
    certificateSerial: issued.serial, formerSerial: '', certificateEndsAt: issued.endsAt, mayBePromoted: true, joinedAt: now, lastSeenAt: now,
  };
  const entered = await memberships.enter({
    domain: {
      ...description, domainId, role: 'master', epoch: 1, masterId: serverId, settings: '{}', revision: 1, authorityCertificatePem: authority.certificatePem, certificatePem: issued.certificatePem,
      succession: await signSuccession({ domainId, epoch: 1, masterId: serverId, masterUri: uri }, authority.keyPem),
    },
    keys: { own: keyPem, sealing: sealing.privateKey, authority: authority.keyPem },
    members: [master],
  });
  if (!entered) throw refusal('in-a-domain', 'This server has come to be in a domain at this moment.');
  log.info('domain created', { domainId, name: description.name, uri });
}

/** Throws the PermanentFailure `domain.invalid`. */
export function checkDescription({ name, description, identifier }: DomainDescription): DomainDescription {
  const wanted = { name: name.trim() === '' ? DEFAULT_DOMAIN_NAME : name.trim(), description: description.trim(), identifier: identifier.trim() };
  if (wanted.name.length > SERVER_NAME_LENGTH_MAX || /\p{C}/u.test(wanted.name)) throw refusal('invalid', `The name must be 1 to ${SERVER_NAME_LENGTH_MAX} characters on one line.`);
  if (wanted.description.length > DOMAIN_TEXT_LENGTH_MAX || /[^\P{C}\n]/u.test(wanted.description)) throw refusal('invalid', `The description must have at most ${DOMAIN_TEXT_LENGTH_MAX} characters of text.`);
  checkUri(wanted.identifier);
  return wanted;
}

/** Where a server is reached, from an address, a name or a URI. Throws the PermanentFailure `domain.invalid`. */
export function checkUri(address: string, port = 0): string {
  try {
    return serverUri(address, port);
  } catch (error) {
    throw error instanceof PermanentFailure ? refusal('invalid', error.message) : error;
  }
}

/** The IP address in a URI; empty: it has a name. */
export function addressOf(uri: string): string {
  const host = new URL(uri).hostname.replaceAll(/^\[|\]$/g, '');
  return isIP(host) ? host : '';
}
