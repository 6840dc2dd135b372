-- guest-account: the guest base, directories, and the accounts that administer. Run by the owner with search_path = guest_account.

-- Finds guests by a part of what is known of them. Trusted: whoever owns the database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- The guest base (WSC-003).
CREATE TABLE guest (
  account_id      uuid NOT NULL,
  login           text NOT NULL,
  -- Lower-cased. One with an @ is one of the guest's own addresses: so nobody's login is another's address.
  login_key       text COLLATE "C" NOT NULL,
  display_name    text NOT NULL DEFAULT '',
  -- As in guest_address; the first one is where mails go.
  addresses       text[] NOT NULL,
  language        text NOT NULL DEFAULT '' CHECK (language IN ('', 'fr', 'en')),
  company         text COLLATE "C" NOT NULL DEFAULT '',
  group_name      text COLLATE "C" NOT NULL DEFAULT '',
  analytical_code text NOT NULL DEFAULT '',
  visited_person  text NOT NULL DEFAULT '',
  note            text NOT NULL DEFAULT '',
  password_hash   text,
  -- A trigger moves it with each change of the hash: sessions of an older password are over.
  password_changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Keyed hashes: of the PIN together with the account, and of the card's number, by which a card is found.
  pin_hash        bytea,
  card_hash       bytea,
  card_end        text NOT NULL DEFAULT '',
  origin          text NOT NULL CHECK (origin IN ('mail', 'administrator', 'import', 'wsc')),
  locked          boolean NOT NULL DEFAULT false,
  valid_from      timestamptz(3),
  valid_until     timestamptz(3),
  -- Each use moves valid_until: so it is with automatic guests, until an administrator sets an end.
  renewed         boolean NOT NULL DEFAULT false,
  created_at      timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_used_at    timestamptz(3),
  -- Grows with each change by a person.
  version         integer NOT NULL DEFAULT 1,
  -- The name, and all that a search looks in, without accents and in lower case; the trigger writes them.
  name_key        text COLLATE "C" NOT NULL DEFAULT '',
  search_text     text COLLATE "C" NOT NULL DEFAULT '',
  CONSTRAINT guest_pkey PRIMARY KEY (account_id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX guest_login_key_key ON guest (login_key);
CREATE UNIQUE INDEX guest_card_hash_key ON guest (card_hash);
CREATE INDEX guest_name_key_login_key_idx ON guest (name_key, login_key);
CREATE INDEX guest_created_at_login_key_idx ON guest (created_at, login_key);
CREATE INDEX guest_group_name_login_key_idx ON guest (group_name, login_key);
CREATE INDEX guest_company_login_key_idx ON guest (company, login_key);
CREATE INDEX guest_search_text_idx ON guest USING gin (search_text gin_trgm_ops) WITH (gin_pending_list_limit = 1024);

-- The same letters as foldText in src/guests/fold-text.ts.
CREATE FUNCTION fold_text(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
  RETURN replace(lower(regexp_replace(normalize(given, NFKD), '[\u0300-\u036f]', '', 'g') COLLATE "pg_c_utf8"), 'ς', 'σ');

-- What is known, and behind it once more its words, each with a space in front: so the index finds also the beginnings of words.
CREATE FUNCTION fold_guest() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ DECLARE
  known text := fold_text(concat_ws(E'\n', NEW.login, NEW.display_name, array_to_string(NEW.addresses, E'\n'),
    NEW.company, NEW.group_name, NEW.analytical_code, NEW.visited_person, NEW.card_end));
BEGIN
  NEW.name_key := fold_text(NEW.display_name);
  NEW.search_text := known || regexp_replace(E'\n' || known COLLATE "pg_c_utf8", '[^[:alnum:]]+', ' ', 'g');
  RETURN NEW;
END $$;
CREATE TRIGGER fold_guest BEFORE INSERT OR UPDATE OF login, display_name, addresses, company, group_name, analytical_code, visited_person, card_end
  ON guest FOR EACH ROW EXECUTE FUNCTION fold_guest();

-- Lower-cased, the domain in ASCII: what is sent from it belongs to this guest. Its key makes a guest once, however many mails of an unknown
-- sender arrive together.
CREATE TABLE guest_address (
  address    text COLLATE "C" NOT NULL,
  account_id uuid NOT NULL,
  CONSTRAINT guest_address_pkey PRIMARY KEY (address),
  CONSTRAINT guest_address_account_id_fkey FOREIGN KEY (account_id) REFERENCES guest (account_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX guest_address_account_id_idx ON guest_address (account_id);

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

-- By what other servers prove that they have the maintenance password of the time that stands beside (DOM-005).
CREATE TABLE maintenance_proof (
  only_row            boolean NOT NULL DEFAULT true CHECK (only_row),
  sealed_record       bytea NOT NULL,
  password_changed_at timestamptz(3) NOT NULL,
  CONSTRAINT maintenance_proof_pkey PRIMARY KEY (only_row)
);

-- Attempts to sign in that were not proven right, by what they have in common: the pair of account and source, the source, the account
-- (of maintenance under its own limits); of PINs also the release point, and all of them everywhere.
CREATE TABLE sign_in_delay (
  scope         text NOT NULL CHECK (scope IN ('pair', 'source', 'account', 'maintenance', 'pin-pair', 'pin-account', 'pin-point', 'pin-source', 'pin-everywhere', 'pin-link')),
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
  kind            text NOT NULL CHECK (kind IN ('ldap', 'entra', 'sql', 'local', 'guests', 'meta')),
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
  -- A trigger moves it with each change of the hash: sessions of an older password are over.
  password_changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
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
  -- In the case and form that names are compared in.
  name_key     text NOT NULL,
  -- Null: of any directory.
  directory_id text,
  CONSTRAINT profile_member_pkey PRIMARY KEY (profile_id, position),
  CONSTRAINT profile_member_profile_id_fkey FOREIGN KEY (profile_id) REFERENCES security_profile (profile_id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT profile_member_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX profile_member_directory_id_idx ON profile_member (directory_id);
CREATE INDEX profile_member_name_key_idx ON profile_member (name_key);

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

-- Whoever changes a password, by whatever statement: its version grows, also when the clock does not.
CREATE FUNCTION note_password_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.password_changed_at := greatest(clock_timestamp(), OLD.password_changed_at + interval '1 millisecond');
  RETURN NEW;
END $$;
CREATE TRIGGER local_person_password BEFORE UPDATE OF password_hash ON local_person
  FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash) EXECUTE FUNCTION note_password_change();
CREATE TRIGGER guest_password BEFORE UPDATE OF password_hash ON guest
  FOR EACH ROW WHEN (NEW.password_hash IS DISTINCT FROM OLD.password_hash) EXECUTE FUNCTION note_password_change();

-- People of directories of whom others were told, by the address that their mails came from.
CREATE TABLE known_person (
  sender_address text COLLATE "C" NOT NULL,
  account_id     uuid NOT NULL,
  -- Of what was told: told again when it is another, or from time to time.
  facts_sha256   bytea NOT NULL,
  told_at        timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT known_person_pkey PRIMARY KEY (sender_address)
);
CREATE INDEX known_person_account_id_idx ON known_person (account_id);
CREATE INDEX known_person_told_at_idx ON known_person (told_at);

-- Guests who are somebody of a directory now, and what they had: the PIN's hash is bound to the guest's account.
CREATE TABLE merged_account (
  guest_account_id uuid NOT NULL,
  account_id       uuid NOT NULL,
  directory        text NOT NULL,
  pin_hash         bytea,
  card_hash        bytea,
  card_end         text NOT NULL DEFAULT '',
  group_name       text NOT NULL DEFAULT '',
  analytical_code  text NOT NULL DEFAULT '',
  merged_at        timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- Empty: by itself, when a mail came.
  merged_by        text NOT NULL DEFAULT '',
  CONSTRAINT merged_account_pkey PRIMARY KEY (guest_account_id)
);
CREATE INDEX merged_account_account_id_idx ON merged_account (account_id);

-- Erasures of people, and the proof of them.
CREATE TABLE erasure (
  erasure_id   uuid NOT NULL,
  -- guest, local-person or address.
  about        text NOT NULL,
  requested_by text NOT NULL,
  requested_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  people       integer NOT NULL,
  -- Whose it is, until all is erased: then only the keyed hashes remain.
  account_ids  text[] NOT NULL,
  addresses    text[] NOT NULL,
  completed_at timestamptz(3),
  CONSTRAINT erasure_pkey PRIMARY KEY (erasure_id)
);
CREATE INDEX erasure_requested_at_erasure_id_idx ON erasure (requested_at, erasure_id);

-- Keyed hashes of the addresses: whoever names one can be shown what was erased.
CREATE TABLE erasure_subject (
  address_hash bytea NOT NULL,
  erasure_id   uuid NOT NULL,
  CONSTRAINT erasure_subject_pkey PRIMARY KEY (address_hash, erasure_id),
  CONSTRAINT erasure_subject_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES erasure (erasure_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX erasure_subject_erasure_id_idx ON erasure_subject (erasure_id);

-- What each service did.
CREATE TABLE erasure_part (
  erasure_id uuid NOT NULL,
  service    text NOT NULL,
  -- NULL: waited for.
  done_at    timestamptz(3),
  counts     jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT erasure_part_pkey PRIMARY KEY (erasure_id, service),
  CONSTRAINT erasure_part_erasure_id_fkey FOREIGN KEY (erasure_id) REFERENCES erasure (erasure_id) ON DELETE CASCADE ON UPDATE CASCADE
);

-- The organisation's sign-in server (OpenID Connect): one row, or none.
CREATE TABLE single_sign_on (
  id                   smallint PRIMARY KEY CHECK (id = 1),
  -- All but the secret.
  settings             jsonb NOT NULL,
  sealed_client_secret bytea NOT NULL,
  changed_at           timestamptz(3) NOT NULL DEFAULT now(),
  version              int NOT NULL DEFAULT 1
);

-- Senders whom nobody knows and who wait to be let in (SKY-071): by a link that they are mailed, by a sponsor, or by an administrator.
CREATE TABLE waiting_sender (
  waiting_id   uuid NOT NULL,
  -- Lower-cased, its domain in ASCII. One waits at a time for each address, policy and sponsors: a lock on the address sees to it.
  address      text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  policy       text NOT NULL CHECK (policy IN ('confirm', 'sponsor', 'hold')),
  -- Who is asked; the place in it is part of a link.
  sponsors     text[] NOT NULL,
  state        text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'approved', 'rejected', 'expired')),
  waits_since  timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  waits_until  timestamptz(3) NOT NULL,
  -- sender, sponsor or administrator; nobody, where it expired.
  answered_by  text NOT NULL DEFAULT '',
  answerer     text NOT NULL DEFAULT '',
  answered_at  timestamptz(3),
  CONSTRAINT waiting_sender_pkey PRIMARY KEY (waiting_id)
);
CREATE INDEX waiting_sender_address_idx ON waiting_sender (address);
CREATE INDEX waiting_sender_state_waits_since_waiting_id_idx ON waiting_sender (state, waits_since, waiting_id);
CREATE INDEX waiting_sender_waits_until_idx ON waiting_sender (waits_until);

-- Their mails, as acceptance told of them. The claims on the documents stay here meanwhile, and last longer.
CREATE TABLE waiting_message (
  message_id  uuid NOT NULL,
  waiting_id  uuid NOT NULL,
  payload     jsonb NOT NULL,
  waits_since timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT waiting_message_pkey PRIMARY KEY (message_id),
  CONSTRAINT waiting_message_waiting_id_fkey FOREIGN KEY (waiting_id) REFERENCES waiting_sender (waiting_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX waiting_message_waiting_id_idx ON waiting_message (waiting_id);

-- The server used for user management (SKY-054), one row; none: guests are kept here. Each change moves directory_lookup.revision.
CREATE TABLE user_management_server (
  only_row              boolean NOT NULL DEFAULT true CHECK (only_row),
  address               text NOT NULL,
  port                  integer NOT NULL,
  secure                boolean NOT NULL,
  account               text NOT NULL,
  certificate_authority text NOT NULL DEFAULT '',
  certificate_sha256    text NOT NULL DEFAULT '',
  sealed_password       bytea NOT NULL,
  changed_at            timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  version               integer NOT NULL DEFAULT 1,
  CONSTRAINT user_management_server_pkey PRIMARY KEY (only_row)
);

-- What a PIN must look like (V-05), one row.
CREATE TABLE pin_policy (
  only_row   boolean NOT NULL DEFAULT true CHECK (only_row),
  length_min integer NOT NULL DEFAULT 4 CHECK (length_min BETWEEN 4 AND 12),
  CONSTRAINT pin_policy_pkey PRIMARY KEY (only_row)
);
INSERT INTO pin_policy DEFAULT VALUES;

-- PINs of people of directories, and of guests whom another server keeps; other guests have theirs in guest.
CREATE TABLE account_pin (
  account_id   uuid NOT NULL,
  directory_id text NOT NULL,
  -- Keyed hash of the PIN together with the account.
  pin_hash     bytea NOT NULL,
  changed_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT account_pin_pkey PRIMARY KEY (account_id),
  CONSTRAINT account_pin_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX account_pin_directory_id_idx ON account_pin (directory_id);

-- Links to set a PIN, mailed to the address that the directory holds. What proves them is with their reader only.
CREATE TABLE pin_link (
  link_id      uuid NOT NULL,
  account_id   uuid NOT NULL,
  directory_id text NOT NULL,
  login        text NOT NULL,
  display_name text NOT NULL DEFAULT '',
  made_at      timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  open_until   timestamptz(3) NOT NULL,
  used_at      timestamptz(3),
  CONSTRAINT pin_link_pkey PRIMARY KEY (link_id),
  CONSTRAINT pin_link_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX pin_link_account_id_idx ON pin_link (account_id);
CREATE INDEX pin_link_directory_id_idx ON pin_link (directory_id);
CREATE INDEX pin_link_open_until_idx ON pin_link (open_until);

-- Cards of people of directories; of guests, theirs is in guest.
CREATE TABLE account_card (
  card_id      uuid NOT NULL,
  -- Keyed hash of the number, by which it is found.
  card_hash    bytea NOT NULL,
  card_end     text NOT NULL,
  directory_id text NOT NULL,
  account_id   uuid NOT NULL,
  login        text NOT NULL,
  -- Lower-cased.
  login_key    text COLLATE "C" NOT NULL,
  created_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT account_card_pkey PRIMARY KEY (card_id),
  CONSTRAINT account_card_directory_id_fkey FOREIGN KEY (directory_id) REFERENCES directory (directory_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE UNIQUE INDEX account_card_card_hash_key ON account_card (card_hash);
CREATE INDEX account_card_login_key_card_id_idx ON account_card (login_key, card_id);
CREATE INDEX account_card_account_id_idx ON account_card (account_id);
CREATE INDEX account_card_directory_id_idx ON account_card (directory_id);

-- Objects that a domain shares (DOM-033, WSC-012 to WSC-015): libs/shared-object/migrations/shared-object.sql, the same in each owner but for the subject.

-- No row: of this server alone. shared: of this server, the master, and of its slaves. received: of the master, read-only here.
CREATE TABLE "shared_object" (
  "kind"       TEXT NOT NULL,
  "object_id"  TEXT NOT NULL,
  "provenance" TEXT NOT NULL CHECK ("provenance" IN ('shared', 'received')),
  -- Of this owner's own counting; grows with each change, whatever the object.
  "version"    BIGINT NOT NULL,
  "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY ("kind", "object_id")
);
CREATE SEQUENCE "shared_object_version";

-- Domain-sync hears of it with the change's own transaction; the relay carries it, since no client knows what a trigger publishes.
CREATE FUNCTION tell_object_change(p_kind text, p_object_id text, p_version bigint, p_deleted boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM flow.publish_by_relay(gen_random_uuid(), jsonb_build_array(jsonb_build_object('subject', 'account.object-changed.v1', 'payload',
    jsonb_build_object('kind', p_kind, 'objectId', p_object_id, 'version', p_version::text, 'deleted', p_deleted))));
END $$;

-- Notes a change of an object, whatever statement makes it. Arguments: kind; column of the object's identifier, or = and the identifier
-- itself; object, or part: a row that belongs to one; columns that are no part of what is shared. The setting inkpost.applies of a session says that it applies what the master has: on, or
-- rehearsal, whose changes end with their transaction.
CREATE FUNCTION note_object_change() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  applies text := coalesce(current_setting('inkpost.applies', true), '');
  before jsonb := to_jsonb(OLD);
  after jsonb := to_jsonb(NEW);
  changed_id text := CASE WHEN TG_ARGV[1] LIKE '=%' THEN substr(TG_ARGV[1], 2) ELSE coalesce(before, after) ->> TG_ARGV[1] END;
  ends boolean := TG_OP = 'DELETE' AND TG_ARGV[2] = 'object';
  noted shared_object;
  is_told boolean;
BEGIN
  -- Who migrates, or seals anew with another master key, changes nothing that anybody set.
  IF session_user <> TG_TABLE_SCHEMA THEN RETURN NULL; END IF;
  IF TG_OP = 'UPDATE' AND applies <> 'rehearsal' AND before - TG_ARGV[3]::text[] = after - TG_ARGV[3]::text[] THEN RETURN NULL; END IF;
  -- The lock makes whoever shares the object wait for this change, so that none is missed.
  SELECT s.* INTO noted FROM shared_object s WHERE s.kind = TG_ARGV[0] AND s.object_id = changed_id FOR UPDATE;
  -- An object of several rows is told of once in a transaction.
  is_told := EXISTS (SELECT FROM shared_object s WHERE s.kind = noted.kind AND s.object_id = noted.object_id AND s.xmin = pg_current_xact_id()::xid);
  IF applies = '' AND noted.provenance = 'received' THEN
    RAISE EXCEPTION 'The % "%" comes from the master: change it there.', replace(TG_ARGV[0], '-', ' '), changed_id USING ERRCODE = 'IK002';
  END IF;
  IF noted.kind IS NULL THEN
    IF applies <> '' AND TG_OP = 'INSERT' AND TG_ARGV[2] = 'object' OR applies = 'rehearsal' THEN
      INSERT INTO shared_object VALUES (TG_ARGV[0], changed_id, 'received', nextval('shared_object_version'));
    END IF;
    RETURN NULL;
  END IF;
  IF is_told AND NOT ends THEN RETURN NULL; END IF;
  noted.version := nextval('shared_object_version');
  IF applies = '' THEN PERFORM tell_object_change(noted.kind, noted.object_id, noted.version, ends); END IF;
  UPDATE shared_object s SET version = noted.version, changed_at = now(), provenance = CASE applies WHEN '' THEN s.provenance ELSE 'received' END
  WHERE s.kind = noted.kind AND s.object_id = noted.object_id;
  IF ends THEN DELETE FROM shared_object s WHERE s.kind = noted.kind AND s.object_id = noted.object_id; END IF;
  RETURN NULL;
END $$;

-- A rehearsal got as far as its end: nothing of it stands.
CREATE FUNCTION end_rehearsal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('inkpost.applies', true) = 'rehearsal' THEN RAISE EXCEPTION 'rehearsed' USING ERRCODE = 'IK003'; END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER end_rehearsal AFTER INSERT OR UPDATE ON "shared_object"
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION end_rehearsal();

CREATE TRIGGER shared_directory AFTER INSERT OR UPDATE OR DELETE ON directory
  FOR EACH ROW EXECUTE FUNCTION note_object_change('directory', 'directory_id', 'object', '{version,created_at}');
CREATE TRIGGER shared_security_profile AFTER INSERT OR UPDATE OR DELETE ON security_profile
  FOR EACH ROW EXECUTE FUNCTION note_object_change('security-profile', 'profile_id', 'object', '{name_key,version,created_at}');
CREATE TRIGGER shared_profile_member AFTER INSERT OR UPDATE OR DELETE ON profile_member
  FOR EACH ROW EXECUTE FUNCTION note_object_change('security-profile', 'profile_id', 'part', '{name_key}');
CREATE TRIGGER shared_role_member AFTER INSERT OR UPDATE OR DELETE ON role_member
  FOR EACH ROW EXECUTE FUNCTION note_object_change('role', 'role_id', 'part', '{}');
