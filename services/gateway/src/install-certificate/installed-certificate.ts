import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import { readIfThere } from '../serve-http/certificate-authority.js';
import { type Certificate, writeWhole } from '../serve-http/certificate.js';

/** The doors that show a certificate: REST, the one between servers (and of the Print API), the one to the guest base. */
export const DOORS = ['http', 'dsp', 'wsc'] as const;
export type DoorName = (typeof DOORS)[number];

/** Where an installed certificate is shown unless somebody says otherwise: not where others pinned our own authority. */
export const DOORS_BY_DEFAULT: readonly DoorName[] = ['http', 'wsc'];

/** One that the owner of the installation brought. */
export interface InstalledCertificate extends Certificate {
  readonly doors: readonly DoorName[];
  /** ISO 8601. */
  readonly installedAt: string;
  /** The account; empty: it was found as a file. */
  readonly installedBy: string;
}

const file = z.object({ doors: z.array(z.enum(DOORS)), installedAt: z.string(), installedBy: z.string(), certificatePem: z.string(), keyPem: z.string() });

/** Certificate, key and doors in one file, for our eyes only: half of it never lies anywhere. All gateways of the folder use it. */
function pathOf(folder: string): string {
  return join(folder, 'installed.json');
}

/** Undefined: there is none. Throws where it is damaged, or no TLS server could use it. */
export async function readInstalled(folder: string): Promise<InstalledCertificate | undefined> {
  const text = await readIfThere(pathOf(folder));
  if (text === undefined) return undefined;
  const installed = file.parse(JSON.parse(text));
  assertUsable(installed);
  return installed;
}

/** OpenSSL has the last word, also on the certificates between. */
export function assertUsable({ certificatePem, keyPem }: Certificate): void {
  createSecureContext({ cert: certificatePem, key: keyPem });
}

export async function writeInstalled(folder: string, installed: InstalledCertificate): Promise<void> {
  await writeWhole(pathOf(folder), JSON.stringify(installed), 0o600);
}

export async function removeInstalled(folder: string): Promise<void> {
  await rm(pathOf(folder), { force: true });
}

/** Another one whenever the file is another one: it is replaced, never written into. */
export async function stampOfInstalled(folder: string): Promise<string> {
  return stat(pathOf(folder), { bigint: true }).then(({ ino, mtimeNs, size }) => `${ino} ${mtimeNs} ${size}`, (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '';
  });
}
