-- guest-account: the guest base, and the accounts that administer. Run by the owner with search_path = guest_account.

-- The guest base (WSC-003). The address is lower-cased with its domain in ASCII; its unique index makes a guest once, however many
-- mails of an unknown sender arrive together.
CREATE TABLE guest (
  account_id   uuid NOT NULL,
  address      text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  language     text NOT NULL DEFAULT '' CHECK (language IN ('', 'fr', 'en')),
  company      text NOT NULL DEFAULT '',
  origin       text NOT NULL CHECK (origin IN ('mail', 'administrator')),
  locked       boolean NOT NULL DEFAULT false,
  valid_until  timestamptz(3),
  -- Each use moves valid_until: so it is with automatic guests, until an administrator sets an end.
  renewed      boolean NOT NULL DEFAULT false,
  created_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_used_at timestamptz(3),
  -- Grows with each change by a person.
  version      integer NOT NULL DEFAULT 1,
  CONSTRAINT guest_pkey PRIMARY KEY (account_id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX guest_address_key ON guest (address);

-- Accounts that sign in to administer.
CREATE TABLE administrator (
  name                     text NOT NULL,
  -- PHC string of Argon2id, its parameters included.
  password_hash            text NOT NULL,
  -- The first password can do nothing but be changed (SKY-028).
  password_must_change     boolean NOT NULL,
  -- Of the password that the configuration gave last: a new one there is set, the same one is not set again.
  configured_password_hash text,
  changed_at               timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT administrator_pkey PRIMARY KEY (name)
);

-- Attempts to sign in that were not proven right, by what they have in common: the pair of account and source, the source, the account.
CREATE TABLE sign_in_delay (
  scope         text NOT NULL CHECK (scope IN ('pair', 'source', 'account')),
  subject       text NOT NULL,
  failures      integer NOT NULL,
  blocked_until timestamptz(3) NOT NULL,
  last_tried_at timestamptz(3) NOT NULL,
  CONSTRAINT sign_in_delay_pkey PRIMARY KEY (scope, subject)
);
CREATE INDEX sign_in_delay_last_tried_at_idx ON sign_in_delay (last_tried_at);
