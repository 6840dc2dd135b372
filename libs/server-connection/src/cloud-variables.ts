import type { Variable } from '@inkpost/config/config.js';
import { optionalText, url } from '@inkpost/config/variables.js';

// Of every service that asks Microsoft: mailboxes and directories of one installation are in one cloud.

export function office365AuthorityVariable(): Variable<string> {
  return url('INKPOST_OFFICE365_AUTHORITY', 'Who grants access to Microsoft 365: that of a national cloud, for its tenants.', ['https'], 'https://login.microsoftonline.com');
}

export function graphUrlVariable(): Variable<string> {
  return url('INKPOST_GRAPH_URL', 'Microsoft Graph of the same cloud.', ['https'], 'https://graph.microsoft.com');
}

export function authorityCaFileVariable(): Variable<string | undefined> {
  return optionalText('INKPOST_AUTHORITY_CA_FILE', 'Certificates (PEM) to trust for Microsoft and Google besides the system\'s: of a proxy that inspects TLS.');
}
