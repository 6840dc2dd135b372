import { listenAddress, oneOf, optionalText, text, url, wholeNumber } from '@inkpost/config/variables.js';
import { linkLocalServersVariable } from '@inkpost/server-connection/address-rules.js';
import { authorityCaFileVariable, graphUrlVariable, office365AuthorityVariable } from '@inkpost/server-connection/cloud-variables.js';
import { masterKeyVariables } from '@inkpost/service/master-key.js';
import { serviceVariables } from '@inkpost/service/service-variables.js';
import { SERVER_TIMES } from './limits.js';

export const mailIngestConfig = {
  ...serviceVariables('mail-ingest'),
  spoolFolder: text('INKPOST_SPOOL_FOLDER', 'Folder of the sealed documents, the same for all services.', '.inkpost/spool'),
  ...masterKeyVariables,
  smtpListen: listenAddress('INKPOST_SMTP_LISTEN', 'Where mail servers deliver to mailboxes of kind smtp.', '127.0.0.1:2525'),
  lmtpListen: listenAddress('INKPOST_LMTP_LISTEN', 'Where a mail server in front hands mails on by LMTP, to the same mailboxes.', '127.0.0.1:2424'),
  smtpCertificateFile: optionalText('INKPOST_SMTP_CERTIFICATE_FILE', 'Certificate chain (PEM) of both; without it there is no TLS.'),
  smtpKeyFile: optionalText('INKPOST_SMTP_KEY_FILE', 'Private key (PEM) of that certificate.'),
  smtpTls: oneOf('INKPOST_SMTP_TLS', 'How SMTP uses the certificate: offered by STARTTLS, or from the first byte.', ['starttls', 'implicit'], 'starttls'),
  lmtpTls: oneOf('INKPOST_LMTP_TLS', 'The same for LMTP.', ['starttls', 'implicit'], 'starttls'),
  linkLocalServers: linkLocalServersVariable(),
  pop3EverySeconds: wholeNumber('INKPOST_POP3_EVERY_SECONDS', 'How often mailboxes are looked into by POP3; each look is a sign-in, which servers count.', SERVER_TIMES.signedInEveryMs / 1_000, { min: 1, max: 3_600 }),
  publicUrl: url('INKPOST_PUBLIC_URL', 'How browsers reach the gateway. Whoever signs in at Microsoft or Google comes back to an address below it, which is registered there.', ['http', 'https'], 'http://localhost:5780'),
  office365Authority: office365AuthorityVariable(),
  graphUrl: graphUrlVariable(),
  googleIssuer: url('INKPOST_GOOGLE_ISSUER', 'Who grants access to Google Workspace.', ['https'], 'https://accounts.google.com'),
  dnsServers: optionalText('INKPOST_DNS_SERVERS', 'DNS servers that are asked about senders (SPF, DKIM, DMARC), as 192.0.2.1 or 192.0.2.1:5353, with commas between; without it those of the system.'),
  authorityCaFile: authorityCaFileVariable(),
};
