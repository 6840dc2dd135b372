import { listenAddress, optionalText, text } from '@inkpost/config/variables.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';

export const mailIngestConfig = {
  ...serviceVariables('mail-ingest'),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents, the same for all services.', '.inkpost/spool'),
  masterKey: optionalText('INKPOST_MASTER_KEY', 'Master key, instead of the file master-key in the secrets folder: 32 bytes as 64 hex digits or base64.'),
  smtpListen: listenAddress('INKPOST_SMTP_LISTEN', 'Where mail servers deliver to mailboxes of kind smtp.', '127.0.0.1:2525'),
  smtpCertificateFile: optionalText('INKPOST_SMTP_CERTIFICATE_FILE', 'Certificate chain (PEM) for STARTTLS of the SMTP intake; without it there is no TLS.'),
  smtpKeyFile: optionalText('INKPOST_SMTP_KEY_FILE', 'Private key (PEM) of that certificate.'),
};
