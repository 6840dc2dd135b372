-- guest-account: the guest base, directories, and the accounts that administer. Run by the owner with search_path = guest_account.

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

-- Where people are looked for (WD-008). `guests` and `meta` are there from the beginning; every other has a UUID.
CREATE TABLE directory (
  directory_id    text NOT NULL,
  name            text NOT NULL,
  description     text NOT NULL DEFAULT '',
  aliases         text[] NOT NULL DEFAULT '{}',
  kind            text NOT NULL CHECK (kind IN ('ldap', 'local', 'guests', 'meta')),
  -- Of its kind; never a secret.
  settings        jsonb NOT NULL DEFAULT '{}',
  sealed_password bytea,
  created_at      timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  version         integer NOT NULL DEFAULT 1,
  CONSTRAINT directory_pkey PRIMARY KEY (directory_id)
);
INSERT INTO directory (directory_id, name, kind, settings) VALUES ('guests', 'guests', 'guests', '{}'), ('meta', 'META', 'meta', '{"members": ["guests"]}');

-- Names and aliases together, in lower case: each leads to one directory.
CREATE TABLE directory_name (
  name_key     text NOT NULL,
  directory_id text NOT NULL,
  CONSTRAINT directory_name_pkey PRIMARY KEY (name_key),
  CONSTRAINT directory_name_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX directory_name_directory_id_idx ON directory_name (directory_id);
INSERT INTO directory_name (name_key, directory_id) VALUES ('guests', 'guests'), ('meta', 'meta');

-- One row, read with every question for an owner: the revision grows with each change of a directory, so that every replica sees it at once.
CREATE TABLE directory_lookup (
  only_row             boolean NOT NULL DEFAULT true CHECK (only_row),
  revision             bigint NOT NULL DEFAULT 1,
  default_directory_id text NOT NULL,
  CONSTRAINT directory_lookup_pkey PRIMARY KEY (only_row),
  CONSTRAINT directory_lookup_default_directory_id_fkey FOREIGN KEY (default_directory_id) REFERENCES directory (directory_id) ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO directory_lookup (default_directory_id) VALUES ('meta');

-- People of directories of kind local.
CREATE TABLE local_person (
  account_id    uuid NOT NULL,
  directory_id  text NOT NULL,
  login         text NOT NULL,
  -- Lower-cased.
  login_key     text NOT NULL,
  display_name  text NOT NULL DEFAULT '',
  -- As in local_address; the first one is where mails go.
  addresses     text[] NOT NULL,
  language      text NOT NULL DEFAULT '' CHECK (language IN ('', 'fr', 'en')),
  groups        text[] NOT NULL DEFAULT '{}',
  locked        boolean NOT NULL DEFAULT false,
  password_hash text,
  created_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  version       integer NOT NULL DEFAULT 1,
  CONSTRAINT local_person_pkey PRIMARY KEY (account_id),
  CONSTRAINT local_person_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX local_person_directory_id_login_key_key ON local_person (directory_id, login_key);

-- Lower-cased, the domain in ASCII: each is one person's in its directory.
CREATE TABLE local_address (
  directory_id text NOT NULL,
  address      text NOT NULL,
  account_id   uuid NOT NULL,
  CONSTRAINT local_address_pkey PRIMARY KEY (directory_id, address),
  CONSTRAINT local_address_account_id_fkey FOREIGN KEY (account_id) REFERENCES local_person (account_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX local_address_account_id_idx ON local_address (account_id);

-- Who may do what (WSC-006). Three are there from the beginning (V-13); every other has a UUID.
CREATE TABLE security_profile (
  profile_id  text NOT NULL,
  name        text NOT NULL,
  -- Lower-cased.
  name_key    text NOT NULL,
  description text NOT NULL DEFAULT '',
  rights      text[] NOT NULL DEFAULT '{}',
  created_at  timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  version     integer NOT NULL DEFAULT 1,
  CONSTRAINT security_profile_pkey PRIMARY KEY (profile_id)
);
CREATE UNIQUE INDEX security_profile_name_key_key ON security_profile (name_key);
-- The rights of system-administration are all that there are, whatever stands here.
INSERT INTO security_profile (profile_id, name, name_key, description, rights) VALUES
  ('operators', 'Operators', 'operators', 'Run the printing from day to day.', '{configuration.read,guests.read,guests.add,guests.edit,guests.delete,jobs.read,jobs.manage,journey.read}'),
  ('system-administration', 'System administration', 'system administration', 'May do everything.', '{}'),
  ('anonymous', 'Anonymous', 'anonymous', 'What everybody may do who is not signed in.', '{}');

-- A group of people, or one user as @login (WSC-007).
CREATE TABLE profile_member (
  profile_id   text NOT NULL,
  -- The order in which they were written.
  position     integer NOT NULL,
  name         text NOT NULL,
  -- Null: of any directory.
  directory_id text,
  CONSTRAINT profile_member_pkey PRIMARY KEY (profile_id, position),
  CONSTRAINT profile_member_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES security_profile (profile_id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT profile_member_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX profile_member_directory_id_idx ON profile_member (directory_id);

-- Administration roles (WD-014): each right of its own, given to accounts.
CREATE TABLE administration_role (
  role_id text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  CONSTRAINT administration_role_pkey PRIMARY KEY (role_id)
);
INSERT INTO administration_role (role_id) VALUES ('print-on-behalf');

-- The account itself, so that nobody who is given the login later inherits the role.
CREATE TABLE role_member (
  role_id      text NOT NULL,
  directory_id text NOT NULL,
  account_id   uuid NOT NULL,
  login        text NOT NULL,
  CONSTRAINT role_member_pkey PRIMARY KEY (role_id, directory_id, account_id),
  CONSTRAINT role_member_role_id_fkey FOREIGN KEY (role_id) REFERENCES administration_role (role_id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT role_member_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX role_member_directory_id_idx ON role_member (directory_id);

-- What programs sign in with. The token itself is with its bearer only.
CREATE TABLE api_token (
  token_id     uuid NOT NULL,
  name         text NOT NULL,
  -- Lower-cased.
  name_key     text NOT NULL,
  token_sha256 bytea NOT NULL,
  rights       text[] NOT NULL,
  -- Who made it, as in a session; a token never may more than its maker.
  maker        jsonb NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  expires_at   timestamptz(3) NOT NULL,
  last_used_at timestamptz(3),
  CONSTRAINT api_token_pkey PRIMARY KEY (token_id)
);
CREATE UNIQUE INDEX api_token_name_key_key ON api_token (name_key);
CREATE UNIQUE INDEX api_token_token_sha256_key ON api_token (token_sha256);

-- From where an account has signed in: whoever guesses elsewhere does not keep it out from there.
CREATE TABLE sign_in_familiar (
  account text NOT NULL,
  source  text NOT NULL,
  last_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT sign_in_familiar_pkey PRIMARY KEY (account, source)
);
CREATE INDEX sign_in_familiar_last_at_idx ON sign_in_familiar (last_at);
