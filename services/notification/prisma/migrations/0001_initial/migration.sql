-- The outgoing mail server, the mails to people, and where to write to them. Run by the owner with search_path = notification.

CREATE TABLE outgoing_mail (
  id                    boolean PRIMARY KEY DEFAULT true CHECK (id),
  version               integer NOT NULL,
  host                  text NOT NULL,
  port                  integer NOT NULL,
  tls                   text NOT NULL CHECK (tls IN ('implicit', 'starttls', 'none')),
  "user"                text NOT NULL,
  sealed_password       bytea,
  from_address          text NOT NULL,
  from_name             text NOT NULL,
  language              text NOT NULL CHECK (language IN ('fr', 'en')),
  certificate_authority text NOT NULL,
  changed_at            timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by            text NOT NULL
);

-- The key is the flow's own id of a message, so that a message handled twice has one row. Half-filled pages keep the result's update cheap.
CREATE TABLE outgoing (
  flow_message_id     uuid PRIMARY KEY,
  journey_id          uuid NOT NULL,
  kind                text NOT NULL,
  recipient           text NOT NULL,
  internet_message_id text NOT NULL,
  state               text NOT NULL DEFAULT 'intent' CHECK (state IN ('intent', 'sent', 'failed')),
  tries               integer NOT NULL DEFAULT 1,
  answer              text,
  created_at          timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  settled_at          timestamptz(3)
) WITH (fillfactor = 70);
CREATE INDEX outgoing_created_at_idx ON outgoing (created_at);

CREATE TABLE notice_grant (
  address          text PRIMARY KEY,
  flow_message_ids uuid[],
  granted_at       timestamptz(3)[],
  last_at          timestamptz(3) NOT NULL
);
CREATE INDEX notice_grant_last_at_idx ON notice_grant (last_at);

CREATE TABLE contact (
  account_id   text PRIMARY KEY,
  address      text NOT NULL,
  display_name text NOT NULL,
  language     text NOT NULL,
  version      bigint NOT NULL,
  -- Told of anew from time to time while they send mails, and forgotten after.
  in_directory boolean NOT NULL DEFAULT false,
  confirmed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- A guest's who is somebody of a directory now: that account's contact counts.
  merged_into  text,
  erased_at    timestamptz(3)
);
CREATE INDEX contact_erased_at_idx ON contact (erased_at);
CREATE INDEX contact_merged_into_idx ON contact (merged_into);
CREATE INDEX contact_confirmed_at_idx ON contact (confirmed_at);

-- All addresses of the accounts: by any of them somebody is known.
CREATE TABLE contact_address (
  address    text NOT NULL,
  account_id text NOT NULL REFERENCES contact (account_id) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (address, account_id)
);
CREATE INDEX contact_address_account_id_idx ON contact_address (account_id);

-- What people are told of, and who is (V-07); no row: as Inkpost brings it along.
CREATE TABLE notification_event (
  event      text PRIMARY KEY,
  enabled    boolean NOT NULL,
  targets    text[] NOT NULL,
  changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by text NOT NULL
);

-- In which words; no row: in those that Inkpost brings along.
CREATE TABLE notification_template (
  event      text NOT NULL,
  language   text NOT NULL CHECK (language IN ('fr', 'en')),
  subject    text NOT NULL,
  title      text NOT NULL,
  text       text NOT NULL,
  changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by text NOT NULL,
  PRIMARY KEY (event, language)
);

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
  PERFORM flow.publish_by_relay(gen_random_uuid(), jsonb_build_array(jsonb_build_object('subject', 'notification.object-changed.v1', 'payload',
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

CREATE TRIGGER shared_notification_event AFTER INSERT OR UPDATE OR DELETE ON notification_event
  FOR EACH ROW EXECUTE FUNCTION note_object_change('notification-event', 'event', 'part', '{changed_at,changed_by}');
CREATE TRIGGER shared_notification_template AFTER INSERT OR UPDATE OR DELETE ON notification_template
  FOR EACH ROW EXECUTE FUNCTION note_object_change('notification-event', 'event', 'part', '{changed_at,changed_by}');
