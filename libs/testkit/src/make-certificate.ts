import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { temporaryFolder } from './temporary-folder.js';

const run = promisify(execFile);
const DAY_MS = 86_400_000;

/** Both PEM. */
export interface KeyedCertificate {
  readonly certificate: string;
  readonly key: string;
}

const KEY_KINDS = { ec: ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'], rsa: ['rsa:2048'], 'weak-rsa': ['rsa:1024'] } as const;

export interface CertificateWish {
  readonly commonName: string;
  /** Names that it is for, as OpenSSL writes them: `DNS:localhost`, `IP:127.0.0.1`. None: an authority. */
  readonly names?: readonly string[];
  /** From yesterday by default. */
  readonly validFrom?: Date;
  /** For a month by default. */
  readonly validTo?: Date;
  /** Who issues it; absent: it signs itself. */
  readonly authority?: KeyedCertificate;
  /** By default `ec`, which is made in no time. */
  readonly keyKind?: keyof typeof KEY_KINDS;
  /** As OpenSSL writes it, such as `clientAuth`; absent: for anything. */
  readonly extendedKeyUsage?: string;
}

/** Makes a certificate as a test wants it, expired ones too, with OpenSSL. */
export async function makeCertificate({ commonName, names = [], authority, extendedKeyUsage, keyKind = 'ec', validFrom = new Date(Date.now() - DAY_MS), validTo = new Date(Date.now() + 30 * DAY_MS) }: CertificateWish): Promise<KeyedCertificate> {
  const scratch = await temporaryFolder('certificate');
  const file = (name: string): string => join(scratch.path, name);
  try {
    await writeFile(file('openssl.cnf'), settings(scratch.path, names, extendedKeyUsage));
    await writeFile(file('index.txt'), '');
    if (authority) {
      await writeFile(file('authority.pem'), authority.certificate);
      await writeFile(file('authority-key.pem'), authority.key);
    }
    await run('openssl', ['req', '-new', '-newkey', ...KEY_KINDS[keyKind], '-nodes', '-keyout', file('key.pem'), '-out', file('request.pem'), '-subj', `/CN=${commonName}`]);
    const signer = authority ? ['-cert', file('authority.pem'), '-keyfile', file('authority-key.pem')] : ['-selfsign', '-keyfile', file('key.pem')];
    // Of all OpenSSL commands only `ca` takes dates in the past.
    const dates = ['-startdate', asn1Time(validFrom), '-enddate', asn1Time(validTo)];
    await run('openssl', ['ca', '-batch', '-notext', '-config', file('openssl.cnf'), '-in', file('request.pem'), '-out', file('certificate.pem'), ...dates, ...signer]);
    return { certificate: await readFile(file('certificate.pem'), 'utf8'), key: await readFile(file('key.pem'), 'utf8') };
  } finally {
    await scratch.remove();
  }
}

function settings(folder: string, names: readonly string[], extendedKeyUsage: string | undefined): string {
  const extensions = names.length === 0 ? 'basicConstraints = critical,CA:TRUE\nkeyUsage = critical,keyCertSign,cRLSign' : `basicConstraints = critical,CA:FALSE\nsubjectAltName = ${names.join(',')}`;
  return `
[ca]
default_ca = own
[own]
database = ${folder}/index.txt
new_certs_dir = ${folder}
rand_serial = yes
default_md = sha256
policy = any_name
unique_subject = no
x509_extensions = wanted
[any_name]
commonName = supplied
[req]
distinguished_name = req_name
[req_name]
[wanted]
${extensions}
${extendedKeyUsage === undefined ? '' : `extendedKeyUsage = ${extendedKeyUsage}`}
`;
}

/** YYYYMMDDHHMMSSZ */
function asn1Time(moment: Date): string {
  return `${moment.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`;
}
