import { isIP } from 'node:net';

/** HTTP is fit for loopback only, or where an administrator says that a reverse proxy encrypts (`off`). */
export function mustEncrypt(setting: 'auto' | 'on' | 'off', host: string): boolean {
  return setting === 'on' || (setting === 'auto' && !isLoopback(host));
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}
