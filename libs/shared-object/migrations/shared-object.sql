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
  PERFORM flow.publish_by_relay(gen_random_uuid(), jsonb_build_array(jsonb_build_object('subject', '<area>.object-changed.v1', 'payload',
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
