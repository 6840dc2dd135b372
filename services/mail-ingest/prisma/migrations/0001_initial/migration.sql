-- Watched mailboxes, who watches them, and the ledger of every mail taken in. Run by the owner with search_path = mail_ingest.

CREATE TABLE mailbox (
  id                       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  address                  text NOT NULL,
  kind                     text NOT NULL CHECK (kind IN ('smtp', 'imap', 'pop3', 'office365', 'google')),
  queue_id                 text NOT NULL,
  enabled                  boolean NOT NULL,
  after_processing         text NOT NULL CHECK (after_processing IN ('keep', 'flag', 'move', 'delete')),
  processed_folder         text NOT NULL,
  protocol                 text CHECK (protocol IN ('imap', 'pop3', 'graph')),
  host                     text,
  port                     integer,
  tls                      text CHECK (tls IN ('implicit', 'starttls', 'none')),
  login                    text,
  folder                   text,
  certificate_authority    text,
  sealed_password          bytea,
  tenant_id                text,
  client_id                text,
  client_access            text CHECK (client_access IN ('delegated', 'application')),
  sealed_client_secret     bytea,
  client_secret_expires_at timestamptz(3),
  version                  integer NOT NULL DEFAULT 1,
  created_at               timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CHECK (num_nonnulls(protocol, host, port, tls, login, folder, certificate_authority) = CASE kind WHEN 'smtp' THEN 0 ELSE 7 END),
  CHECK ((kind IN ('imap', 'pop3')) = (sealed_password IS NOT NULL)),
  CHECK ((kind = 'office365') = (tenant_id IS NOT NULL)),
  CHECK ((kind = 'office365') = (client_access IS NOT NULL)),
  -- A google mailbox without a client of its own uses the installation's.
  CHECK (client_id IS NOT NULL OR kind <> 'office365'),
  CHECK (client_id IS NULL OR kind IN ('office365', 'google')),
  CHECK ((client_id IS NULL) = (sealed_client_secret IS NULL)),
  CHECK (client_secret_expires_at IS NULL OR client_id IS NOT NULL),
  CHECK (protocol = kind OR kind IN ('office365', 'google')),
  CHECK (protocol <> 'graph' OR kind = 'office365'),
  CHECK (protocol <> 'pop3' OR after_processing IN ('keep', 'delete'))
);
CREATE UNIQUE INDEX mailbox_address_key ON mailbox (address);
CREATE UNIQUE INDEX mailbox_host_login_folder_key ON mailbox (host, login, folder);

CREATE TABLE watch (
  mailbox_id  uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  holder      uuid NOT NULL,
  lease_until timestamptz(3) NOT NULL,
  state       text NOT NULL DEFAULT 'connecting' CHECK (state IN ('connecting', 'connected', 'polling', 'waiting', 'needs-association', 'folder-missing')),
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

-- Several rows of a mailbox, told apart by the connection that counts: one row would make its mails wait for each other's commit.
CREATE TABLE mailbox_count (
  mailbox_id      uuid NOT NULL,
  counter         integer NOT NULL,
  received        bigint NOT NULL,
  refused         bigint NOT NULL,
  last_message_at timestamptz(3) NOT NULL,
  PRIMARY KEY (mailbox_id, counter)
);

CREATE TABLE ledger_place (
  folder     text NOT NULL,
  epoch      text NOT NULL,
  key        text NOT NULL,
  message_id uuid NOT NULL,
  settled    boolean NOT NULL,
  PRIMARY KEY (folder, epoch, key)
);

-- Consent of a mailbox's owner to read its mails. The refresh token is replaced at every refresh, by one replica at a time.
CREATE TABLE association (
  mailbox_id               uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  account                  text NOT NULL,
  binding                  text NOT NULL,
  sealed_refresh_token     bytea NOT NULL,
  sealed_access_token      bytea NOT NULL,
  access_token_fresh_until timestamptz(3) NOT NULL,
  access_token_expires_at  timestamptz(3) NOT NULL,
  grant_expires_at         timestamptz(3),
  associated_at            timestamptz(3) NOT NULL,
  associated_by            text NOT NULL,
  problem                  text NOT NULL DEFAULT '',
  version                  integer NOT NULL DEFAULT 1,
  refresher                uuid,
  refresh_until            timestamptz(3)
);

CREATE TABLE association_attempt (
  id                 uuid PRIMARY KEY,
  mailbox_id         uuid NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  state_sha256       bytea,
  browser_sha256     bytea,
  sealed_proof       bytea NOT NULL,
  binding            text NOT NULL,
  user_code          text,
  verification_uri   text,
  begun_by           text NOT NULL,
  begun_at           timestamptz(3) NOT NULL,
  expires_at         timestamptz(3) NOT NULL,
  poll_at            timestamptz(3),
  poll_every_seconds integer,
  finished_at        timestamptz(3),
  problem            text NOT NULL DEFAULT '',
  -- A browser brings the state back; a device code is asked for.
  CHECK ((state_sha256 IS NULL) = (num_nonnulls(user_code, verification_uri, poll_at, poll_every_seconds) = 4)),
  CHECK (browser_sha256 IS NULL OR state_sha256 IS NOT NULL)
);
CREATE UNIQUE INDEX association_attempt_state_sha256_key ON association_attempt (state_sha256);
CREATE INDEX association_attempt_mailbox_id_begun_at_idx ON association_attempt (mailbox_id, begun_at);

-- One row: the client that Google mailboxes without one of their own use.
CREATE TABLE google_client (
  only_one      boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  client_id     text NOT NULL,
  sealed_secret bytea NOT NULL,
  changed_at    timestamptz(3) NOT NULL
);

CREATE TABLE canary_schedule (
  mailbox_id    uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  every_minutes integer NOT NULL,
  next_at       timestamptz(3) NOT NULL
);

CREATE TABLE canary (
  id           uuid PRIMARY KEY,
  mailbox_id   uuid NOT NULL REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  requested_by text NOT NULL,
  requested_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  mailed       boolean,
  handled_at   timestamptz(3),
  answer       text NOT NULL DEFAULT '',
  received_at  timestamptz(3),
  lost         boolean NOT NULL DEFAULT false,
  CHECK ((mailed IS NULL) = (handled_at IS NULL))
);
CREATE INDEX canary_mailbox_id_requested_at_idx ON canary (mailbox_id, requested_at);

CREATE TABLE trace (
  mailbox_id uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  started_at timestamptz(3) NOT NULL,
  until      timestamptz(3) NOT NULL,
  started_by text NOT NULL
);

CREATE TABLE trace_piece (
  id         bigserial PRIMARY KEY,
  mailbox_id uuid NOT NULL REFERENCES trace (mailbox_id) ON DELETE CASCADE ON UPDATE NO ACTION,
  lines      text NOT NULL,
  size_bytes integer NOT NULL
);
CREATE INDEX trace_piece_mailbox_id_id_idx ON trace_piece (mailbox_id, id);

CREATE TABLE graph_folder (
  mailbox_id uuid PRIMARY KEY REFERENCES mailbox (id) ON DELETE CASCADE ON UPDATE NO ACTION,
  folder_id  text NOT NULL,
  link       text,
  round      integer NOT NULL
);

CREATE TABLE graph_mail (
  mailbox_id  uuid NOT NULL REFERENCES graph_folder (mailbox_id) ON DELETE CASCADE ON UPDATE NO ACTION,
  key         text NOT NULL,
  received_at timestamptz(3),
  told        bigserial NOT NULL,
  round       integer NOT NULL,
  PRIMARY KEY (mailbox_id, key)
);

-- Acceptance's settings, as it told them. The general ones have the empty mailbox id; they are what acceptance begins with.
CREATE TABLE sender_authentication (
  mailbox_id      text PRIMARY KEY,
  uses_default    boolean NOT NULL,
  mode            text NOT NULL CHECK (mode IN ('off', 'report', 'require')),
  trusted_servers text[],
  trusted_relays  text[],
  version         bigint NOT NULL
);
INSERT INTO sender_authentication VALUES ('', false, 'report', '{}', '{127.0.0.0/8,::1}', 0);

-- Documents handed in by programs (the Print API): each key of a submitter once.
CREATE TABLE submission (
  job_id          uuid PRIMARY KEY,
  message_id      uuid NOT NULL,
  submitter       text NOT NULL,
  idempotency_key text,
  fingerprint     bytea NOT NULL,
  queue_id        text NOT NULL,
  size_bytes      bigint NOT NULL,
  submitted_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  refused_reason  text NOT NULL DEFAULT '',
  refused_text    text NOT NULL DEFAULT '',
  refused_at      timestamptz(3)
);
CREATE UNIQUE INDEX submission_submitter_idempotency_key_key ON submission (submitter, idempotency_key);
CREATE INDEX submission_message_id_idx ON submission (message_id);
CREATE INDEX submission_submitted_at_idx ON submission (submitted_at);
