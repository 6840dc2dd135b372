import { z } from 'zod';
import { instant } from '../answer-route/fields.js';
import { Problem } from '../answer-route/problem.js';
import { route } from '../answer-route/route.js';
import { LIMITS, TEXT } from '../limits.js';
import { certificateWarnings, describeCertificate } from './describe-certificate.js';
import { assertUsable, DOORS, DOORS_BY_DEFAULT, type DoorName, type InstalledCertificate } from './installed-certificate.js';
import { type JudgedCertificate } from './judge-certificate.js';
import { readPfxAside } from './read-pfx-aside.js';
import type { Certificate } from '../serve-http/certificate.js';

/** What these routes ask of the gateway's certificates. */
export interface InstalledCertificates {
  all(): Promise<{ readonly own: Certificate; readonly installed: InstalledCertificate | undefined }>;
  install(installed: InstalledCertificate): Promise<void>;
  uninstall(): Promise<void>;
}

export interface CertificateParts {
  readonly certificates: InstalledCertificates;
  /** By which an administrator says that this server is reached. */
  readonly names: readonly string[];
  /** Doors that speak plain HTTP. */
  readonly plainDoors: readonly DoorName[];
  /** PEM, of this server's certificate of its domain; undefined: it is in none. */
  readonly domainCertificate: () => string | undefined;
}

const facts = {
  subject: z.string(), issuer: z.string(), names: z.array(z.string()).describe('Names and addresses that it is for.'), validFrom: instant, validTo: instant,
  daysLeft: z.int().describe('Whole ones; negative: it ended so long ago.'), state: z.enum(['valid', 'expires-soon', 'expired']).describe('expires-soon: within 30 days.'),
  sha256: z.string().describe('Fingerprint, lower-case hexadecimal.'), key: z.string(), chainLength: z.int().describe('Certificates that are sent along, its own too.'),
};
const doors = z.array(z.enum(DOORS)).describe('Where it is shown: http is REST and the release page (5780), dsp the door between servers and of the Print API (5753), wsc the door to the guest base (5756).');

const certificate = z.object({ ...facts, doors }).meta({ id: 'OwnCertificate' });
const installed = z.object({
  ...facts, doors, installedAt: instant, installedBy: z.string().nullable().describe('null: it was found in the folder.'),
  warnings: z.array(z.string()).describe('What others may run into: names that are missing, certificates between it and its authority, a door that does not encrypt.'),
}).meta({ id: 'InstalledCertificate' });
const answer = z.object({
  installed: installed.nullable().describe('null: none.'),
  own: certificate.describe('Made, signed and renewed by this server itself.'),
  domain: z.object(facts).meta({ id: 'DomainCertificate' }).nullable().describe('By which servers of the domain know this one; renewed by itself. null: it is in no domain.'),
}).meta({ id: 'ServerCertificates' });

const PATH = '/api/v0/server-certificate';

/** The certificates of the doors, and the owner's own instead (SKY-099, SKY-100, DOM-015, V-08). */
export function serverCertificateRoutes(parts: CertificateParts) {
  const { certificates } = parts;
  return [
    route({
      method: 'GET', path: PATH, operation: 'getServerCertificate', right: 'configuration.read', summary: 'Which certificates the doors show, and for how long they hold',
      status: 200, answer,
      handle: async () => toAnswer(parts),
    }),
    route({
      method: 'PUT', path: PATH, operation: 'putServerCertificate', right: 'configuration.write', summary: 'Show a certificate of your own, from a PFX', // SKY-099
      description: 'It is used at once, by all gateways of the folder, and stays until another one is installed or it is removed. Nothing changes where it is refused.',
      body: z.strictObject({
        pfx: z.base64().min(1).max(4 * Math.ceil(LIMITS.pfxBytesMax / 3)).describe('The file (PKCS #12) with certificate, private key and chain, in base64; 64 kB at most.'),
        password: z.string().max(TEXT.password).default('').describe('Of the file; it is not kept.'),
        doors: doors.min(1).default([...DOORS_BY_DEFAULT]).describe('Where it is shown. With dsp, other servers and programs that pinned print_api_cert.der no longer trust this one; with wsc, servers that pinned the certificate of 5756, or trust its root, have to be told of the new one.'),
      }).meta({ id: 'CertificateToInstall' }),
      status: 200, answer, refusals: [429], objectId: () => 'installed',
      handle: async ({ body, caller }) => {
        const now = new Date();
        const judged = await readPfxAside({ pfx: new Uint8Array(Buffer.from(body.pfx, 'base64')), password: body.password, now });
        refuseUnusable(judged);
        await certificates.install({ ...judged, doors: [...new Set(body.doors)], installedAt: now.toISOString(), installedBy: caller.actor });
        return toAnswer(parts);
      },
    }),
    route({
      method: 'DELETE', path: PATH, operation: 'deleteServerCertificate', right: 'configuration.write', summary: 'Go back to the certificate that this server makes itself', // SKY-100
      status: 204, refusals: [404], objectId: () => 'installed',
      handle: async () => {
        if (!(await certificates.all()).installed) throw new Problem('not-found', 'No certificate is installed.');
        await certificates.uninstall();
      },
    }),
  ];
}

function refuseUnusable(judged: JudgedCertificate): void {
  try {
    assertUsable(judged);
  } catch (error) {
    const reason = `holds a certificate that can not be used here: ${error instanceof Error ? error.message : String(error)}`;
    throw new Problem('invalid-request', `pfx ${reason}.`, { errors: [{ field: 'pfx', reason }] });
  }
}

async function toAnswer({ certificates, names, plainDoors, domainCertificate }: CertificateParts): Promise<z.input<typeof answer>> {
  const now = new Date();
  const { own, installed: theirs } = await certificates.all();
  const domainPem = domainCertificate();
  const plain = theirs?.doors.filter((door) => plainDoors.includes(door)) ?? [];
  return {
    own: { ...toFacts(own.certificatePem, now), doors: DOORS.filter((door) => !theirs?.doors.includes(door)) },
    installed: theirs ? {
      ...toFacts(theirs.certificatePem, now), doors: [...theirs.doors], installedAt: theirs.installedAt, installedBy: theirs.installedBy === '' ? null : theirs.installedBy,
      warnings: [...certificateWarnings(theirs.certificatePem, names), ...plain.map((door) => `The door ${door} speaks plain HTTP, and shows no certificate.`)],
    } : null,
    domain: domainPem === undefined ? null : toFacts(domainPem, now),
  };
}

function toFacts(pem: string, now: Date) {
  const { validFrom, validTo, ...rest } = describeCertificate(pem, now);
  return { ...rest, validFrom: validFrom.toISOString(), validTo: validTo.toISOString() };
}
