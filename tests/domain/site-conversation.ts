/** What a site's process is told by the test. */
export type SiteCommand =
  | { readonly act: 'start'; readonly address: string }
  | { readonly act: 'rest'; readonly method: RestMethod; readonly path: string; readonly body?: unknown }
  | { readonly act: 'query'; readonly sql: string }
  /** Whether a TCP connection comes about within a second. */
  | { readonly act: 'reach'; readonly address: string; readonly port: number }
  /** Mails so many documents to this address. */
  | { readonly act: 'mail'; readonly to: string; readonly count: number }
  /** How many documents the site's printer has put on paper. */
  | { readonly act: 'printed' }
  /** kill -9: of the suite alone, or also of its database and Redis, as when the power goes. */
  | { readonly act: 'kill'; readonly what: 'suite' | 'everything' }
  /** Starts again what was killed; ready when this is answered. */
  | { readonly act: 'restart' }
  | { readonly act: 'stop' };

export type RestMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface SiteMessage {
  readonly id: number;
  readonly command: SiteCommand;
}

export type SiteAnswer = { readonly id: number; readonly result: unknown } | { readonly id: number; readonly problem: string };

/** Of the maintenance account, on all sites. */
export const SITE_PASSWORD = 'Site-Passw0rd';
/** Of the door between servers. */
export const DSP_PORT = 5753;
/** Each site has a printer there, in its own network: one queue of the master serves them all. */
export const PRINTER_URI = 'ipp://127.0.0.1:6310/ipp/print';
