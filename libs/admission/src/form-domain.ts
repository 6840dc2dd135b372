import type { DomainAnswer } from '@inkpost/contracts/domain/v1/admission_pb.js';
import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { PermanentFailure } from '@inkpost/failure/failure.js';
import { checkClocks, checkVersions } from './check-prerequisites.js';
import { ProvenServer } from './proven-server.js';
import { type ReachedServer, reachServer } from './reach-server.js';

/** What is happening, for whoever waits: before a server is called, and when it has said who it is. */
export type Progress = (step: { readonly step: 'connecting'; readonly uri: string } | { readonly step: 'connected'; readonly uri: string; readonly serverId: string; readonly serverName: string } | { readonly step: 'joining'; readonly domainName: string }) => void;

export interface NewDomain {
  /** Where it is called, as `serverUri` makes it. */
  readonly masterUri: string;
  /** By which other servers are to reach it; absent: by the same. */
  readonly masterKnownAs?: string;
  readonly password: string;
  /** Empty: WATCHDOCDOM. */
  readonly name: string;
  readonly description: string;
}

export interface NewSlave {
  readonly masterUri: string;
  readonly slaveUri: string;
  /** By which the servers are to reach each other; absent: by the same. */
  readonly masterKnownAs?: string;
  readonly slaveKnownAs?: string;
  readonly password: string;
}

/** CREATEMASTER: a server becomes the master of a new domain. Throws as `reachServer` and `ProvenServer`. */
export async function createMaster({ masterUri, masterKnownAs = masterUri, password, name, description }: NewDomain, tell: Progress): Promise<DomainAnswer> {
  return withServer(masterUri, tell, async (master) => {
    refuseMember(master);
    return new ProvenServer(master, password).domain({ command: { case: 'createDomain', value: { name, description, identifier: masterKnownAs } } });
  });
}

/** CREATESLAVE: a server joins a master's domain; both prove the same password. The slave is called first (CLI-006). Gives what the slave says then. */
export async function createSlave({ masterUri, slaveUri, masterKnownAs = masterUri, slaveKnownAs = slaveUri, password }: NewSlave, tell: Progress): Promise<DomainAnswer> {
  return withServer(slaveUri, tell, async (slave) => {
    refuseMember(slave);
    const ticket = await withServer(masterUri, tell, async (master) => {
      checkVersions(master.information.version, slave.information.version);
      checkClocks(master.information.now, slave.information.now);
      const { serverId, version, now } = slave.information;
      return new ProvenServer(master, password).ticket({ command: { case: 'giveTicket', value: { serverId, version, now: timestampFromDate(now) } } });
    });
    tell({ step: 'joining', domainName: ticket.domainName });
    const masterUris = [...new Set([masterKnownAs, ticket.masterUri])];
    return new ProvenServer(slave, password).domain({ command: { case: 'joinDomain', value: { ticket: ticket.ticket, masterUris, masterCertificateSha256: ticket.masterCertificateSha256, ownUri: slaveKnownAs } } });
  });
}

async function withServer<T>(uri: string, tell: Progress, act: (server: ReachedServer) => Promise<T>): Promise<T> {
  tell({ step: 'connecting', uri });
  const server = await reachServer(uri);
  const { serverId, name } = server.information;
  tell({ step: 'connected', uri, serverId, serverName: name });
  try {
    return await act(server);
  } finally {
    server.close();
  }
}

function refuseMember({ uri, information: { domainName, role } }: ReachedServer): void {
  if (role === 'single') return;
  throw new PermanentFailure('admission.in-a-domain', `${uri} is in the domain ${domainName} already, as its ${role}: it must leave that one first.`);
}
