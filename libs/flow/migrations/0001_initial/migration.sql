-- The flow: durable one-way messages between services. Postgres is the truth, Redis only the motor.
-- Services have EXECUTE on these functions and no right on the tables; who may publish or consume what is checked
-- against the route table by session_user. Run by flow_owner with search_path = flow.

-- One row per subject and consumer; filled from libs/flow/src/flow.ts when the database is migrated.
CREATE TABLE route (
  subject      text NOT NULL,
  producer     name NOT NULL,
  consumer     name NOT NULL,
  attempts_max int  NOT NULL,
  backoff_s    int  NOT NULL,
  PRIMARY KEY (subject, consumer)
);

-- A message to one consumer. open: to be handled; dead: given up, an administrator may send it again. Handled ones are deleted: an id
-- that isn't here was handled, since ids are random, and are handed over only once they are committed.
CREATE TABLE message (
  id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  subject     text NOT NULL,
  producer    name NOT NULL,
  consumer    name NOT NULL,
  journey_id  uuid NOT NULL,
  payload     jsonb NOT NULL,
  trace       text NOT NULL DEFAULT '',
  state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'dead')),
  -- When the relay sends it (again): the producer's own hand-over comes first.
  due_at      timestamptz NOT NULL,
  sends       int NOT NULL DEFAULT 0,
  attempts    int NOT NULL DEFAULT 0,
  -- Pauses because a cause outside was down; not attempts.
  waits       int NOT NULL DEFAULT 0,
  reason      text,
  created_at  timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000);
CREATE INDEX message_due ON message (producer, due_at) WHERE state = 'open';
CREATE INDEX message_dead ON message (created_at) WHERE state = 'dead';
CREATE INDEX message_waiting ON message (created_at) WHERE state = 'open' AND (waits > 0 OR attempts > 0);

-- What is on its way to the print server: the mail flow up to its answer.
CREATE INDEX message_under_way ON message (created_at, id) WHERE state = 'open' AND subject IN (
  'mail.message-received.v1', 'submission.document-received.v1', 'acceptance.message-accepted.v1', 'account.sender-approved.v1', 'account.owner-resolved.v1');

-- Inserts one row per consumer of each message; called only by the functions below, whose search_path holds: to set it takes time at each call.
CREATE FUNCTION insert_messages(p_journey_id uuid, p_messages jsonb, p_trace text) RETURNS jsonb
LANGUAGE plpgsql AS $$
DECLARE published jsonb := '[]'; sent jsonb; sent_subject text; routed name; new_id uuid; is_routed boolean;
BEGIN
  FOR n IN 0 .. jsonb_array_length(p_messages) - 1 LOOP
    sent := p_messages -> n;
    sent_subject := sent ->> 'subject';
    is_routed := false;
    FOR routed IN SELECT r.consumer FROM flow.route r WHERE r.subject = sent_subject AND r.producer = session_user LOOP
      is_routed := true;
      INSERT INTO flow.message (subject, producer, consumer, journey_id, payload, trace, due_at)
      VALUES (sent_subject, session_user, routed, p_journey_id, sent -> 'payload', p_trace, now() + interval '10 seconds')
      RETURNING id INTO new_id;
      published := published || jsonb_build_object('index', n, 'id', new_id, 'consumer', routed);
    END LOOP;
    IF NOT is_routed THEN
      RAISE EXCEPTION '% may not publish %', session_user, sent_subject USING ERRCODE = '42501';
    END IF;
  END LOOP;
  RETURN published;
END $$;

-- Closes a message for its consumer; false if it was closed already. As insert_messages, called only from below.
CREATE FUNCTION close_message(p_id uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Deleted, not marked: an update would write a new row and an entry in each of its indexes (measured: three times the time).
  -- Not "state = 'open'": a plan made while the table is all but empty would walk through a partial index instead of asking for the id.
  DELETE FROM flow.message WHERE id = p_id AND consumer = session_user AND state <> 'dead';
  IF FOUND THEN RETURN true; END IF;
  IF EXISTS (SELECT 1 FROM flow.message WHERE id = p_id AND consumer <> session_user) THEN
    RAISE EXCEPTION '% may not consume %', session_user, p_id USING ERRCODE = '42501';
  END IF;
  RETURN false;
END $$;

-- p_messages: [{"subject":…, "payload":…}]; gives [{"index": of the message, "id":…, "consumer":…}], one element per consumer.
CREATE FUNCTION publish(p_journey_id uuid, p_entries jsonb, p_messages jsonb, p_trace text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM journey.append(p_journey_id, p_entries);
  RETURN flow.insert_messages(p_journey_id, p_messages, p_trace);
END $$;

-- Publishes what no client knows of, such as a trigger's: the producer's relay carries it at its next round.
CREATE FUNCTION publish_by_relay(p_journey_id uuid, p_messages jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE published jsonb := flow.insert_messages(p_journey_id, p_messages, '');
BEGIN
  UPDATE flow.message SET due_at = now() WHERE id IN (SELECT (each ->> 'id')::uuid FROM jsonb_array_elements(published) AS each);
END $$;

CREATE FUNCTION consume(p_id uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT flow.close_message(p_id) $$;

-- Closes messages that changed nothing; what is closed or another's stays as it is. One plan serves all lists, as in the spool.
CREATE FUNCTION close_all(p_ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  DELETE FROM flow.message WHERE id = ANY (p_ids) AND consumer = session_user AND state <> 'dead';
END $$;

-- A whole hop in one call: consume, journey, publish. NULL: the message was handled before, and nothing was written.
CREATE FUNCTION step(p_id uuid, p_journey_id uuid, p_entries jsonb, p_messages jsonb, p_trace text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT flow.close_message(p_id) THEN RETURN NULL; END IF;
  PERFORM journey.append(p_journey_id, p_entries);
  RETURN flow.insert_messages(p_journey_id, p_messages, p_trace);
END $$;

-- Counts an attempt. p_final: no further attempt. Gives {"outcome": retry|dead|closed, "delaySeconds":…, "tries":…}.
CREATE FUNCTION fail(p_id uuid, p_reason text, p_final boolean) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE failed flow.message; delay_s int;
BEGIN
  UPDATE flow.message m SET
    attempts = m.attempts + 1, reason = left(p_reason, 500),
    state = CASE WHEN p_final OR m.attempts + 1 >= r.attempts_max THEN 'dead' ELSE 'open' END,
    due_at = now() + make_interval(secs => 10 + least(r.backoff_s * 2 ^ m.attempts, 3600))
  FROM flow.route r
  WHERE m.id = p_id AND m.consumer = session_user AND m.state = 'open' AND r.subject = m.subject AND r.consumer = m.consumer
  RETURNING m.* INTO failed;
  IF failed.id IS NULL THEN RETURN jsonb_build_object('outcome', 'closed', 'delaySeconds', 0, 'tries', 0); END IF;
  delay_s := extract(epoch FROM failed.due_at - now())::int - 10;
  PERFORM journey.append(failed.journey_id, jsonb_build_array(jsonb_build_object(
    'step', CASE failed.state WHEN 'dead' THEN 'gave-up' ELSE 'attempt-failed' END,
    'evidence', jsonb_build_object('subject', failed.subject, 'attempt', failed.attempts, 'reason', failed.reason))));
  RETURN jsonb_build_object('outcome', CASE failed.state WHEN 'dead' THEN 'dead' ELSE 'retry' END, 'delaySeconds', delay_s, 'tries', failed.attempts + failed.waits);
END $$;

-- A cause outside is down: wait with growing pauses, outside the attempt count. The journey says so once per cause. The payload goes along,
-- since what is sealed in it may have been sealed anew.
CREATE FUNCTION wait(p_id uuid, p_reason text) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE waiting flow.message; previous_reason text; delay_s int;
BEGIN
  SELECT m.reason INTO previous_reason FROM flow.message m WHERE m.id = p_id AND m.consumer = session_user AND m.state = 'open' FOR UPDATE;
  UPDATE flow.message m SET waits = m.waits + 1, reason = left(p_reason, 500),
    due_at = now() + make_interval(secs => 10 + least(2 ^ least(m.waits, 6), 60))
  WHERE m.id = p_id AND m.consumer = session_user AND m.state = 'open' RETURNING m.* INTO waiting;
  IF waiting.id IS NULL THEN RETURN jsonb_build_object('outcome', 'closed', 'delaySeconds', 0, 'tries', 0); END IF;
  delay_s := extract(epoch FROM waiting.due_at - now())::int - 10;
  IF previous_reason IS DISTINCT FROM waiting.reason THEN
    PERFORM journey.append(waiting.journey_id, jsonb_build_array(jsonb_build_object(
      'step', 'waiting', 'evidence', jsonb_build_object('subject', waiting.subject, 'reason', waiting.reason))));
  END IF;
  RETURN jsonb_build_object('outcome', 'retry', 'delaySeconds', delay_s, 'tries', waiting.attempts + waiting.waits, 'payload', waiting.payload);
END $$;

-- The relay of a producer claims what is open and due, and will see it again later with growing pauses.
CREATE FUNCTION claim(p_limit int) RETURNS TABLE (id uuid, subject text, consumer name, journey_id uuid, payload jsonb, trace text, tries int)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  UPDATE flow.message m SET sends = m.sends + 1, due_at = now() + make_interval(secs => least(10 * 2 ^ least(m.sends, 6), 600))
  FROM (SELECT q.id FROM flow.message q WHERE q.producer = session_user AND q.state = 'open' AND q.due_at <= now()
        ORDER BY q.due_at LIMIT p_limit FOR UPDATE SKIP LOCKED) AS due
  WHERE m.id = due.id
  RETURNING m.id, m.subject, m.consumer, m.journey_id, m.payload, m.trace, m.attempts + m.waits;
END $$;

-- Redis was emptied: everything open that this service produced goes again at once. Gives how many.
CREATE FUNCTION resend_all() RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE resent int;
BEGIN
  UPDATE flow.message m SET due_at = now(), sends = 0 WHERE m.producer = session_user AND m.state = 'open' AND m.due_at > now();
  GET DIAGNOSTICS resent = ROW_COUNT;
  RETURN resent;
END $$;

-- What an administrator sees: dead letters and messages that wait or were tried in vain.
CREATE FUNCTION troubled(p_limit int)
RETURNS TABLE (id uuid, subject text, consumer name, journey_id uuid, state text, attempts int, waits int, reason text, created_at timestamptz, due_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.id, m.subject, m.consumer, m.journey_id, m.state, m.attempts, m.waits, m.reason, m.created_at, m.due_at
  FROM flow.message m
  WHERE m.state = 'dead' OR (m.state = 'open' AND (m.waits > 0 OR m.attempts > 0))
  ORDER BY m.created_at DESC LIMIT least(p_limit, 500)
$$;

-- What is on its way to the print server, the latest first, behind a place in that order (NULL: from its beginning); of what it bears only which documents.
CREATE FUNCTION under_way(p_before_at timestamptz, p_before_id uuid, p_limit int)
RETURNS TABLE (id uuid, subject text, journey_id uuid, attempts int, waits int, reason text, created_at timestamptz, due_at timestamptz, documents jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.id, m.subject, m.journey_id, m.attempts, m.waits, m.reason, m.created_at, m.due_at, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('documentId', d ->> 'documentId', 'fileName', coalesce(d ->> 'fileName', ''))), '[]')
    FROM jsonb_array_elements(CASE WHEN m.payload ? 'document' THEN jsonb_build_array(m.payload -> 'document') ELSE coalesce(m.payload -> 'documents', '[]') END) AS d)
  FROM flow.message m
  WHERE m.state = 'open' AND m.subject IN (
      'mail.message-received.v1', 'submission.document-received.v1', 'acceptance.message-accepted.v1', 'account.sender-approved.v1', 'account.owner-resolved.v1')
    AND (m.created_at, m.id) < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  ORDER BY m.created_at DESC, m.id DESC LIMIT least(p_limit, 201)
$$;

-- Sends a dead letter again with a fresh count of attempts; the producer's relay carries it. False if it isn't dead.
CREATE FUNCTION redrive(p_id uuid, p_actor text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE again flow.message;
BEGIN
  UPDATE flow.message m SET state = 'open', attempts = 0, sends = 0, waits = m.waits + 1, due_at = now()
  WHERE m.id = p_id AND m.state = 'dead' RETURNING m.* INTO again;
  IF again.id IS NULL THEN RETURN false; END IF;
  PERFORM journey.append(again.journey_id, jsonb_build_array(jsonb_build_object(
    'step', 'sent-again', 'evidence', jsonb_build_object('subject', again.subject, 'by', p_actor))));
  RETURN true;
END $$;

-- Whether a message is still to be handled by the caller: asked before what can't be taken back.
CREATE FUNCTION is_open(p_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN EXISTS (SELECT 1 FROM flow.message m WHERE m.id = p_id AND m.consumer = session_user AND m.state <> 'dead');
END $$;

-- People are erased: messages to the caller that name them, as sender, as owner or as the account itself, are never handled, also dead ones.
-- What tells of the erasure stays, and so does a merge, whose account moves other things. Gives {"messages":…, "documents": [ids in them]}.
CREATE FUNCTION forget(p_account_ids text[], p_addresses text[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE forgotten jsonb;
BEGIN
  WITH gone AS (
    DELETE FROM flow.message m
    WHERE m.consumer = session_user AND m.subject NOT LIKE '%.account-erased.%' AND m.subject NOT IN ('account.erased.v1', 'account.merged.v1')
      AND (m.payload #>> '{sender,address}' = ANY (p_addresses) OR m.payload #>> '{owner,address}' = ANY (p_addresses) OR m.payload ->> 'address' = ANY (p_addresses)
        OR m.payload #>> '{owner,accountId}' = ANY (p_account_ids) OR m.payload ->> 'accountId' = ANY (p_account_ids))
    RETURNING m.payload)
  SELECT jsonb_build_object(
    'messages', (SELECT count(*) FROM gone),
    'documents', coalesce((SELECT jsonb_agg(d ->> 'documentId') FROM gone, jsonb_array_elements(coalesce(gone.payload -> 'documents', '[]')) AS d), '[]')) INTO forgotten;
  RETURN forgotten;
END $$;

-- Open and dead messages by consumer: for metrics. Each half reads its own partial index, never the closed rows.
CREATE FUNCTION backlog() RETURNS TABLE (consumer name, open bigint, dead bigint, oldest_s double precision)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.consumer, sum(m.open)::bigint, sum(m.dead)::bigint, coalesce(extract(epoch FROM now() - min(m.oldest)), 0)::double precision
  FROM (SELECT o.consumer, count(*) AS open, 0 AS dead, min(o.created_at) AS oldest FROM flow.message o WHERE o.state = 'open' GROUP BY o.consumer
        UNION ALL
        SELECT d.consumer, 0, count(*), NULL FROM flow.message d WHERE d.state = 'dead' GROUP BY d.consumer) AS m
  GROUP BY m.consumer
$$;
