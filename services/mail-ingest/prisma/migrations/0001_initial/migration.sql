-- Watched mailboxes, who watches them, and the ledger of every mail taken in. Run by the owner with search_path = mail_ingest.

CREATE TABLE mailbox (
  id               uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  address          text NOT NULL,
  kind             text NOT NULL CHECK (kind IN ('smtp', 'imap')),
  queue_id         text NOT NULL,
  enabled          boolean NOT NULL,
  after_processing text NOT NULL CHECK (after_processing IN ('keep', 'flag', 'move', 'delete')),
  processed_folder text NOT NULL,
  imap_host        text,
  imap_port        integer,
  imap_tls         text CHECK (imap_tls IN ('implicit', 'starttls', 'none')),
  imap_user        text,
  imap_folder      text,
  imap_authority   text,
  sealed_password  bytea,
  version          integer NOT NULL DEFAULT 1,
  created_at       timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK ((kind = 'imap') = (num_nonnulls(imap_host, imap_port, imap_tls, imap_user, imap_folder, imap_authority, sealed_password) = 7))
);
CREATE UNIQUE INDEX mailbox_address_key ON mailbox (address);
CREATE UNIQUE INDEX mailbox_imap_host_imap_user_imap_folder_key ON mailbox (imap_host, imap_user, imap_folder);

CREATE TABLE watch (
  mailbox_id  uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  holder      uuid NOT NULL,
  lease_until timestamptz(3) NOT NULL,
  state       text NOT NULL DEFAULT 'connecting' CHECK (state IN ('connecting', 'connected', 'failing')),
  problem     text NOT NULL DEFAULT '',
  next_try_at timestamptz(3)
);

CREATE TABLE ledger (
  mailbox_id          uuid NOT NULL,
  sha256              bytea NOT NULL,
  internet_message_id text NOT NULL,
  size_bytes          bigint NOT NULL,
  message_id          uuid NOT NULL,
  received_at         timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (mailbox_id, sha256)
);
CREATE INDEX ledger_mailbox_id_received_at_idx ON ledger (mailbox_id, received_at);

CREATE TABLE ledger_uid (
  folder       text NOT NULL,
  uid_validity bigint NOT NULL,
  uid          bigint NOT NULL,
  message_id   uuid NOT NULL,
  settled      boolean NOT NULL,
  PRIMARY KEY (folder, uid_validity, uid)
);
