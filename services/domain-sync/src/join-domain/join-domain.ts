import { createPrivateKey, X509Certificate } from 'node:crypto';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { type AddressGuard, type ReachedServer, reachServer } from '@inkpost/admission/reach-server.js';
import { AdmissionService, type AdmitResponse } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import type { Log } from '@inkpost/telemetry/log.js';
import { requestMembership } from '@inkpost/trust/certificate-authority.js';
import { dspNameOf } from '@inkpost/trust/dsp-name.js';
import { verifySuccession } from '@inkpost/trust/succession.js';
import { checkUri } from '../create-domain/create-domain.js';
import type { DomainStore } from '../domain/domain.store.js';
import type { MembershipStore, NewMembership } from '../domain/membership.store.js';
import { memberOf } from '../domain/membership-wire.js';
import { makeSealingKeys } from '../domain/own-keys.js';
import type { OwnServer } from '../domain/own-server.js';
import { refusal, refuseMember } from '../domain/refuse.js';
import { DSP_CALL_MS } from '../limits.js';

export interface LeaveToJoin {
  readonly ticket: string;
  /** Tried one after the other. */
  readonly masterUris: readonly string[];
  /** Of the certificate to which the password was proven. */
  readonly masterCertificateSha256: string;
  /** By which others reach this server: an address, a name or a URI. */
  readonly ownUri: string;
}

export interface JoinDomainParts {
  readonly domains: DomainStore;
  readonly memberships: MembershipStore;
  readonly own: OwnServer;
  readonly guard: AddressGuard;
  /** Called once this server is a member. */
  readonly onJoined: () => void;
  readonly log: Log;
}

/** A single server joins a domain by a ticket of its master. Throws PermanentFailures with what is wrong. */
export async function joinDomain(leave: LeaveToJoin, parts: JoinDomainParts): Promise<void> {
  const { domains, memberships, own, guard, onJoined, log } = parts;
  const ownUri = checkUri(leave.ownUri);
  await refuseMember(domains);
  const [{ serverId, name, dns }, sealing] = [await own.identity(), makeSealingKeys()];
  const { request, keyPem } = await requestMembership(serverId);
  const master = await reachOneOf(leave.masterUris.map((uri) => checkUri(uri)), leave.masterCertificateSha256, guard);
  try {
    const admitted = await ask(master, {
      ticket: leave.ticket, serverId, name, dns, version: own.version, uri: ownUri, certificateRequest: request, sealingPublicKey: sealing.publicKey, now: timestampFromDate(own.now()),
    });
    const membership = await checkAdmitted(admitted, serverId, { own: keyPem, sealing: sealing.privateKey, authority: undefined });
    if (!(await memberships.enter(membership))) throw refusal('in-a-domain', 'This server has come to be in a domain at this moment.');
    log.info('domain joined', { domainId: membership.domain.domainId, name: membership.domain.name, master: master.uri });
    onJoined();
  } finally {
    master.close();
  }
}

async function reachOneOf([uri, ...others]: readonly string[], certificateSha256: string, guard: AddressGuard): Promise<ReachedServer> {
  if (uri === undefined) throw refusal('invalid', 'No address of the master is given.');
  try {
    return await reachServer(uri, certificateSha256, guard);
  } catch (error) {
    if (!(error instanceof PermanentFailure)) throw error;
    if (others.length > 0) return reachOneOf(others, certificateSha256, guard);
    throw refusal(error.code.replace('admission.', ''), error.code === 'admission.unreachable' ? `The master is not reached from here: ${error.message}` : error.message);
  }
}

async function ask({ uri, agent }: ReachedServer, request: Parameters<ReturnType<typeof admission>['admit']>[0]): Promise<AdmitResponse> {
  try {
    return await admission(uri, agent).admit(request);
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    throw refusal(code === Code.FailedPrecondition ? 'ticket' : 'unreachable', `The master ${uri} does not admit this server: ${rawMessage}`);
  }
}

function admission(uri: string, agent: ReachedServer['agent']) {
  return createClient(AdmissionService, createConnectTransport({ httpVersion: '1.1', baseUrl: `${new URL(uri).origin}/dsp/v1`, nodeOptions: { agent }, defaultTimeoutMs: DSP_CALL_MS }));
}

/** What the master gave must be what was asked for: a certificate of its authority, for this server and its key. */
async function checkAdmitted({ certificate, authorityCertificate, membership }: AdmitResponse, serverId: string, keys: NewMembership['keys']): Promise<NewMembership> {
  const wrong = refusal('foreign-certificate', 'What the master answered does not fit together: its certificates and its domain are not of one authority.');
  if (!membership) throw wrong;
  const [own, authority] = [new X509Certificate(certificate), new X509Certificate(authorityCertificate)];
  const succession = await verifySuccession(membership.succession, authorityCertificate, membership.domainId);
  const isOwn = own.checkIssued(authority) && own.verify(authority.publicKey) && own.checkHost(dspNameOf(serverId)) !== undefined && own.checkPrivateKey(createPrivateKey(keys.own));
  if (!isOwn || !succession) throw wrong;
  const { domainId, name, description, identifier, settings, revision } = membership;
  return {
    domain: {
      domainId, name, description, identifier, settings, role: 'slave', epoch: succession.epoch, masterId: succession.masterId, succession: membership.succession, revision: Number(revision),
      authorityCertificatePem: authorityCertificate, certificatePem: certificate,
    },
    keys, members: membership.members.map((entry) => memberOf(entry, succession.masterId)),
  };
}
