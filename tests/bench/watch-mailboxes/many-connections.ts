/** Dovecot settings for so many connections at once, each with a process of its own; two processes serve their TLS. */
export function manyConnections(mailboxes: number): string {
  return `
default_client_limit = ${4 * mailboxes + 1_000}
default_process_limit = ${mailboxes + 100}
# It hears of mails from inotify; the short interval of tests would wake a thousand processes every second.
mailbox_idle_check_interval = 30 s
service imap-login {
  service_count = 0
  process_min_avail = 2
  process_limit = 2
  vsz_limit = 1G
}
`;
}
