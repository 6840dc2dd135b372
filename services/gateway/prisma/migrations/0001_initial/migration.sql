-- Sessions and the audit log: what the gateway alone owns.
-- Run by the database's owner with search_path = gateway.

-- Who is signed in. The token itself is with its bearer only.
CREATE TABLE session (
  token_sha256         bytea PRIMARY KEY,
  -- Its name, as the audit log bears it: maintenance, or DIRECTORY\login.
  account              text NOT NULL,
  -- Whom guest-account knows by these; the first two are empty for maintenance.
  directory_id         text NOT NULL,
  account_id           text NOT NULL,
  login                text NOT NULL,
  -- Groups that a sign-in server vouched for.
  vouched_groups       text[] NOT NULL DEFAULT '{}',
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

-- Who said at a release point who they are, by a code or a PIN, and may see and print their own documents for a moment.
CREATE TABLE release_session (
  token_sha256 bytea PRIMARY KEY,
  -- As print-submit and guest-account know it.
  account_id   text NOT NULL,
  -- Its name for the audit log, and whom guest-account knows it by; empty: a code, which names nobody.
  account      text NOT NULL,
  directory_id text NOT NULL,
  login        text NOT NULL,
  means        text NOT NULL,
  -- The queue that the page was opened for; empty: none.
  queue_id     text NOT NULL,
  language     text NOT NULL,
  -- It ends after so many seconds without use.
  idle_seconds int NOT NULL,
  began_at     timestamptz(3) NOT NULL DEFAULT now(),
  -- Moves with each use.
  expires_at   timestamptz(3) NOT NULL
);
CREATE INDEX release_session_expires_at ON release_session (expires_at);

-- What was changed or tried through the gateway, and by whom: never a body, never a secret. A chain: each entry bears the SHA-256 over that
-- of the entry before and its own fields. Written and forgotten by the functions below alone; what the gateway itself may do is read.
CREATE TABLE audit_entry (
  -- 1, 2, 3, … without a gap.
  id         bigint PRIMARY KEY,
  at         timestamptz(3) NOT NULL,
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
  request_id text NOT NULL,
  sha256     bytea NOT NULL
);
CREATE INDEX audit_entry_at ON audit_entry (at);
CREATE INDEX audit_entry_actor ON audit_entry (actor, id);

-- The chain's two ends, one row each: head, the last entry; anchor, the last one that was forgotten. Both begin with 0 and zeros.
CREATE TABLE audit_end (
  name     text PRIMARY KEY CHECK (name IN ('head', 'anchor')),
  entry_id bigint NOT NULL,
  sha256   bytea NOT NULL,
  moved_at timestamptz(3) NOT NULL DEFAULT now()
);
INSERT INTO audit_end (name, entry_id, sha256) SELECT unnest(ARRAY['head', 'anchor']), 0, decode(repeat('00', 32), 'hex');

-- SHA-256 over the 32 bytes of the entry before and this one's fields as netstrings (length in bytes, ":", UTF-8, ",").
-- A loop and no search_path of its own: as a query with one it took half of the time of an entry.
CREATE FUNCTION audit_sha256(p_before bytea, p_fields text[]) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE netstrings text := ''; field text;
BEGIN
  FOREACH field IN ARRAY p_fields LOOP
    netstrings := netstrings || octet_length(field) || ':' || field || ',';
  END LOOP;
  RETURN sha256(p_before || convert_to(netstrings, 'UTF8'));
END $$;

-- Appends entries in their order: [{actor, action, object_id, outcome, status, source, request_id}]. The head's row is the one lock: whoever
-- has it knows the entry before, and its commit is what the next one waits for.
CREATE FUNCTION append_audit_entries(p_entries jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE head audit_end; entry audit_entry; new_entry jsonb;
BEGIN
  SELECT * INTO STRICT head FROM audit_end WHERE name = 'head' FOR UPDATE;
  FOR new_entry IN SELECT value FROM jsonb_array_elements(p_entries) LOOP
    entry := jsonb_populate_record(NULL::audit_entry, new_entry);
    entry.id := head.entry_id + 1;
    -- Not the transaction's time, which began before the lock was had: entries stand in the order of their times.
    entry.at := date_trunc('milliseconds', clock_timestamp());
    entry.sha256 := audit_sha256(head.sha256, ARRAY[
      entry.id::text, to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), entry.actor, entry.action, entry.object_id,
      entry.outcome, entry.status::text, entry.source, entry.request_id]);
    INSERT INTO audit_entry SELECT entry.*;
    head.entry_id := entry.id;
    head.sha256 := entry.sha256;
  END LOOP;
  UPDATE audit_end SET entry_id = head.entry_id, sha256 = head.sha256, moved_at = clock_timestamp() WHERE name = 'head';
END $$;

-- Forgets up to p_count of the oldest entries, those older than so many days, and keeps the hash that the rest begins with; says how many
-- they were. Never less than a year: whoever gets hold of the gateway's account must not be able to forget what it did.
CREATE FUNCTION forget_audit_entries(p_days int, p_count int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE anchor audit_end; until_id bigint; forgotten int;
BEGIN
  IF p_days < 365 THEN
    RAISE EXCEPTION 'audit entries are kept for 365 days at least' USING ERRCODE = '22023';
  END IF;
  SELECT * INTO STRICT anchor FROM audit_end WHERE name = 'anchor' FOR UPDATE;
  -- By ids, so that a clock which was set back once makes no gap.
  SELECT coalesce(min(id) - 1, (SELECT max(id) FROM audit_entry)) INTO until_id FROM audit_entry WHERE at >= now() - make_interval(days => p_days);
  until_id := least(until_id, anchor.entry_id + p_count);
  IF until_id IS NULL OR until_id <= anchor.entry_id THEN
    RETURN 0;
  END IF;
  SELECT sha256 INTO anchor.sha256 FROM audit_entry WHERE id = until_id;
  -- The one that the rest is to begin with is missing: the chain is broken there, and stays so for all to see.
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  DELETE FROM audit_entry WHERE id <= until_id;
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  UPDATE audit_end SET entry_id = until_id, sha256 = anchor.sha256, moved_at = now() WHERE name = 'anchor';
  RETURN forgotten;
END $$;

REVOKE INSERT, UPDATE, DELETE ON audit_entry, audit_end FROM gateway;
REVOKE EXECUTE ON FUNCTION append_audit_entries, forget_audit_entries FROM PUBLIC;
GRANT EXECUTE ON FUNCTION append_audit_entries, forget_audit_entries TO gateway;
