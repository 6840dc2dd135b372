import { readFile } from 'node:fs/promises';
import type { ListenAddress } from '@inkpost/config/variables.js';

export interface IntakeTls {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** From the first byte; else by STARTTLS. */
  readonly implicit: boolean;
}

/** A door for mails. */
export interface IntakeListener {
  readonly protocol: 'smtp' | 'lmtp';
  readonly listen: ListenAddress;
  /** The variable that names the address. */
  readonly setting: string;
  /** Without it mails come in the clear. */
  readonly tls: IntakeTls | undefined;
}

export type IntakeTlsChoice = 'starttls' | 'implicit';

interface IntakeSettings {
  readonly smtpListen: ListenAddress;
  readonly smtpTls: IntakeTlsChoice;
  readonly lmtpListen: ListenAddress;
  readonly lmtpTls: IntakeTlsChoice;
  readonly smtpCertificateFile: string | undefined;
  readonly smtpKeyFile: string | undefined;
}

/** SMTP and LMTP as they are set. Throws what is wrong with it, for the person who starts the service. */
export async function intakeListeners(settings: IntakeSettings): Promise<IntakeListener[]> {
  const { smtpListen, smtpTls, lmtpListen, lmtpTls } = settings;
  const certificate = await readCertificate(settings);
  const tls = (choice: IntakeTlsChoice, setting: string): IntakeTls | undefined => {
    if (!certificate && choice === 'implicit') throw new Error(`${setting}=implicit needs a certificate: set INKPOST_SMTP_CERTIFICATE_FILE and INKPOST_SMTP_KEY_FILE.`);
    return certificate && { ...certificate, implicit: choice === 'implicit' };
  };
  return [
    { protocol: 'smtp', listen: smtpListen, setting: 'INKPOST_SMTP_LISTEN', tls: tls(smtpTls, 'INKPOST_SMTP_TLS') },
    { protocol: 'lmtp', listen: lmtpListen, setting: 'INKPOST_LMTP_LISTEN', tls: tls(lmtpTls, 'INKPOST_LMTP_TLS') },
  ];
}

async function readCertificate({ smtpCertificateFile, smtpKeyFile }: IntakeSettings): Promise<Omit<IntakeTls, 'implicit'> | undefined> {
  if (smtpCertificateFile === undefined && smtpKeyFile === undefined) return undefined;
  if (smtpCertificateFile === undefined || smtpKeyFile === undefined) throw new Error('INKPOST_SMTP_CERTIFICATE_FILE and INKPOST_SMTP_KEY_FILE belong together: set both or neither.');
  return { certificate: await readFile(smtpCertificateFile, 'utf8'), key: await readFile(smtpKeyFile, 'utf8') };
}
