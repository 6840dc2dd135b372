-- Sessions and the audit log: what the gateway alone owns.
-- Run by the database's owner with search_path = gateway.

-- Who is signed in. The token itself is with its bearer only.
CREATE TABLE session (
  token_sha256         bytea PRIMARY KEY,
  account              text NOT NULL,
  rights               text[] NOT NULL,
  password_must_change boolean NOT NULL,
  -- Of the password that was proven, as its owner counts.
  password_version     bigint NOT NULL,
  source               text NOT NULL,
  created_at           timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at         timestamptz(3) NOT NULL DEFAULT now(),
  expires_at           timestamptz(3) NOT NULL
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_expires_at ON session (expires_at);

-- The newest password of an account that was heard of: sessions of an older one are over.
CREATE TABLE password_known (
  account   text PRIMARY KEY,
  version   bigint NOT NULL,
  raised_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Changes of passwords whose outcome is not known (yet): written before the owner is asked, gone with its answer.
CREATE TABLE password_change (
  id       uuid PRIMARY KEY,
  account  text NOT NULL,
  began_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX password_change_account ON password_change (account);

-- What was changed or tried through the gateway, and by whom: never a body, never a secret.
CREATE TABLE audit_entry (
  id         bigserial PRIMARY KEY,
  at         timestamptz(3) NOT NULL DEFAULT now(),
  actor      text NOT NULL,
  -- Method and route, for example "DELETE /api/v0/mailboxes/{mailboxId}".
  action     text NOT NULL,
  -- What it was done to; empty where the action says it all.
  object_id  text NOT NULL,
  -- done, refused or failed, and the HTTP status behind it.
  outcome    text NOT NULL,
  status     smallint NOT NULL,
  -- The client's address.
  source     text NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX audit_entry_at ON audit_entry (at);
