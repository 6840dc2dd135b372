/** What tells one throw-away Dovecot from another. */
export interface DovecotPlace {
  /** Absolute and short: Unix socket paths below it end at 107 characters. */
  readonly folder: string;
  readonly ports: {
    readonly imap: number;
    readonly imaps: number;
    readonly pop3: number;
    readonly pop3s: number;
    readonly lmtp: number;
  };
  /** Owns all mail: any account but root. */
  readonly mailAccount: { readonly uid: number; readonly gid: number };
}

/**
 * A Dovecot 2.3 configuration that keeps everything in one folder and listens on 127.0.0.1 only, without the pauses that
 * would slow tests down: after a wrong password, and growing with each of them.
 */
export function dovecotSettings({ folder, ports, mailAccount: { uid, gid } }: DovecotPlace): string {
  return `
base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = /dev/stderr
protocols = imap pop3 lmtp
listen = 127.0.0.1
mail_location = maildir:${folder}/mail/%u
mail_uid = ${uid}
mail_gid = ${gid}
first_valid_uid = 1
first_valid_gid = 1
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <${folder}/tls/certificate.pem
ssl_key = <${folder}/tls/key.pem
ssl_dh =
mailbox_idle_check_interval = 1 s
passdb {
  driver = passwd-file
  args = scheme=PLAIN username_format=%u ${folder}/users
}
userdb {
  driver = passwd-file
  args = username_format=%u ${folder}/users
  default_fields = uid=${uid} gid=${gid} home=${folder}/mail/%u
}
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  ${listener('imap', ports.imap)}
  ${listener('imaps', ports.imaps, 'ssl = yes')}
}
service pop3-login {
  ${listener('pop3', ports.pop3)}
  ${listener('pop3s', ports.pop3s, 'ssl = yes')}
}
service lmtp {
  ${listener('lmtp', ports.lmtp)}
}
protocol lmtp {
  auth_username_format = %Lu
}
namespace inbox {
  inbox = yes
  separator = /
}
`;
}

/** In its folder: whom Dovecot asks about access tokens. */
export const INTROSPECTION_FILE = 'introspection.conf.ext';

/** Lets people in by access token too. A passdb of its own kind asks for it; passwords stay with the other one. */
export function tokenSettings(folder: string): string {
  return `
auth_mechanisms = plain login xoauth2
passdb {
  driver = oauth2
  mechanisms = xoauth2
  args = ${folder}/${INTROSPECTION_FILE}
}`;
}

/** The account that the answer names must be the one that signs in. */
export function introspectionSettings(url: string): string {
  return `introspection_mode = post
introspection_url = ${url}
force_introspection = yes
username_attribute = username
username_format = %Lu
active_attribute = active
active_value = true
timeout_msecs = 5000
`;
}

function listener(name: string, port: number, tls = ''): string {
  return `inet_listener ${name} {
    address = 127.0.0.1
    port = ${port}
    ${tls}
  }`;
}
