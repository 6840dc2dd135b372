-- The journey: all that happened to a message and its documents, in order, with evidence.
-- Services append and never read; only the gateway reads (architecture.md, "Journey").
-- Run by journey_owner with search_path = journey.

CREATE TABLE message (
  id                  uuid PRIMARY KEY,
  received_at         timestamptz NOT NULL DEFAULT now(),
  sender              text NOT NULL DEFAULT '',
  subject             text NOT NULL DEFAULT '',
  internet_message_id text NOT NULL DEFAULT '',
  mailbox             text NOT NULL DEFAULT '',
  trace_id            text NOT NULL DEFAULT ''
);
CREATE INDEX message_received_at ON message (received_at DESC);
CREATE INDEX message_sender ON message (lower(sender));
CREATE INDEX message_internet_message_id ON message (internet_message_id) WHERE internet_message_id <> '';

CREATE TABLE entry (
  id          bigint GENERATED ALWAYS AS IDENTITY,
  message_id  uuid NOT NULL,
  document_id uuid,
  at          timestamptz NOT NULL DEFAULT clock_timestamp(),
  service     name NOT NULL,
  step        text NOT NULL,
  evidence    jsonb NOT NULL DEFAULT '{}',
  -- In the list of what did not get printed: all stands still with this step, no later one overtook it, and nobody deleted it from the list.
  standing    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (message_id, id)
);
CREATE INDEX entry_document ON entry (document_id) WHERE document_id IS NOT NULL;
CREATE INDEX entry_at ON entry USING brin (at);

-- Steps after which nothing more happens by itself, before the print server has a document (TRB-010): refusals, what was given up, and what waits
-- for a person. A mail that is refused for its parts alone stands there with those parts.
CREATE FUNCTION stands_still(p_step text, p_evidence jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE
    WHEN p_step IN ('sender-refused', 'sender-unauthenticated', 'document-refused', 'part-refused', 'owner-refused', 'sender-awaited') THEN true
    WHEN p_step = 'message-refused' THEN coalesce(p_evidence -> 'parts', '[]') = '[]'
    WHEN p_step = 'aborted' THEN p_evidence ->> 'reason' = 'queue-unknown'
    WHEN p_step = 'gave-up' THEN p_evidence ->> 'subject' IN (
      'mail.message-received.v1', 'submission.document-received.v1', 'acceptance.message-accepted.v1', 'account.sender-approved.v1', 'account.owner-resolved.v1')
    ELSE false END
$$;
-- A column and not the function: the condition of an index is prepared anew for each INSERT (measured: a third of an append).
CREATE INDEX entry_standing ON entry (at, id) WHERE standing;

-- The head of a journey, written by whoever took the message in.
CREATE FUNCTION begin_message(p_id uuid, p_head jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO journey.message (id, received_at, sender, subject, internet_message_id, mailbox, trace_id)
  VALUES (p_id, coalesce((p_head->>'receivedAt')::timestamptz, now()), coalesce(p_head->>'sender', ''), coalesce(p_head->>'subject', ''),
          coalesce(p_head->>'internetMessageId', ''), coalesce(p_head->>'mailbox', ''), coalesce(p_head->>'traceId', ''))
  ON CONFLICT (id) DO NOTHING;
END $$;

-- p_entries: [{"step": keyword, "evidence": {...}, "document": uuid or absent}, ...] in their order.
-- PL/pgSQL here and in all functions of a hop, since it keeps its plans: an SQL function that isn't inlined plans anew at each call (measured: twice the time).
CREATE FUNCTION append(p_message_id uuid, p_entries jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO journey.entry (message_id, document_id, service, step, evidence, standing)
  SELECT p_message_id, (e->>'document')::uuid, session_user, e->>'step', coalesce(e->'evidence', '{}'::jsonb), journey.stands_still(e->>'step', e->'evidence') IS TRUE
  FROM jsonb_array_elements(p_entries) AS e;
  -- What stood still goes on, or has its answer.
  IF p_entries @? '$[*] ? (@.step == "sender-approved" || @.step == "owner-refused" || @.step == "sent-again")' THEN
    UPDATE journey.entry SET standing = false WHERE message_id = p_message_id AND standing AND step IN ('sender-awaited', 'gave-up');
  END IF;
END $$;

-- "Why was my mail (not) printed?": the latest messages that match all that is given; empty text matches everything.
CREATE FUNCTION search(p_sender text, p_subject text, p_internet_message_id text, p_document_id uuid, p_message_id uuid, p_before timestamptz, p_limit int)
RETURNS SETOF journey.message
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.* FROM journey.message m
  WHERE (p_sender = '' OR lower(m.sender) = lower(p_sender))
    AND (p_subject = '' OR strpos(lower(m.subject), lower(p_subject)) > 0)
    AND (p_internet_message_id = '' OR m.internet_message_id = p_internet_message_id)
    AND (p_document_id IS NULL OR m.id IN (SELECT e.message_id FROM journey.entry e WHERE e.document_id = p_document_id))
    AND (p_message_id IS NULL OR m.id = p_message_id)
    AND (p_before IS NULL OR m.received_at < p_before)
  ORDER BY m.received_at DESC
  LIMIT least(p_limit, 200)
$$;

CREATE FUNCTION entries(p_message_ids uuid[]) RETURNS SETOF journey.entry
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.* FROM journey.entry e WHERE e.message_id = ANY (p_message_ids) ORDER BY e.message_id, e.id
$$;

-- Who sent what, of these messages.
CREATE FUNCTION heads(p_message_ids uuid[]) RETURNS SETOF journey.message
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.* FROM journey.message m WHERE m.id = ANY (p_message_ids)
$$;

-- What stands still, the latest first, behind a place in that order (NULL: from its beginning); with the documents that it is about, those of the mail
-- where it is about all of them.
CREATE FUNCTION standing(p_before_at timestamptz, p_before_id bigint, p_limit int)
RETURNS TABLE (message_id uuid, id bigint, at timestamptz, service name, step text, evidence jsonb, document_id uuid, documents jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT s.message_id, s.id, s.at, s.service, s.step, s.evidence, s.document_id, (
    SELECT coalesce(jsonb_agg(jsonb_build_object('documentId', d.document_id, 'fileName', coalesce(d.evidence ->> 'fileName', '')) ORDER BY d.id), '[]')
    FROM journey.entry d WHERE d.message_id = s.message_id
      AND CASE WHEN s.document_id IS NULL THEN d.step IN ('document-extracted', 'submitted') ELSE d.id = s.id END)
  FROM (
    SELECT e.* FROM journey.entry e
    WHERE e.standing
      -- No OR: only so the index begins at the place, whatever it is.
      AND (e.at, e.id) < (coalesce(p_before_at, 'infinity'), coalesce(p_before_id, 9223372036854775807))
    ORDER BY e.at DESC, e.id DESC LIMIT least(p_limit, 201)) AS s
  ORDER BY s.at DESC, s.id DESC
$$;

-- Takes a refusal, or what was given up, from that list; the journey says who did. Gives the step, NULL where there is none such. What waits for a
-- person is decided, not deleted.
CREATE FUNCTION settle(p_message_id uuid, p_id bigint, p_actor text) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE found_entry journey.entry;
BEGIN
  UPDATE journey.entry e SET standing = false
  WHERE e.message_id = p_message_id AND e.id = p_id AND e.standing AND e.step <> 'sender-awaited'
  RETURNING e.* INTO found_entry;
  IF found_entry.id IS NULL THEN RETURN NULL; END IF;
  INSERT INTO journey.entry (message_id, document_id, service, step, evidence)
  VALUES (p_message_id, found_entry.document_id, session_user, 'deleted-from-list', jsonb_build_object('was', found_entry.step, 'by', 'administrator', 'actor', p_actor));
  RETURN found_entry.step;
END $$;

-- What happened since, by step, and how many messages came in; the figures of a server (SKY-094).
CREATE FUNCTION count_steps(p_since timestamptz) RETURNS TABLE (step text, count bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.step, count(*) FROM journey.entry e WHERE e.at >= p_since GROUP BY e.step
$$;

-- The journeys of people: sent from one of these addresses, or printed for one of these accounts. Reads all entries: for erasures alone.
-- A long list is asked as a set: `= ANY` of a parameter is compared one by one.
CREATE FUNCTION of_people(p_account_ids text[], p_addresses text[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT m.id FROM journey.message m WHERE lower(m.sender) = ANY (p_addresses)
  UNION
  SELECT e.message_id FROM journey.entry e WHERE e.evidence ->> 'account' IN (SELECT unnest(p_account_ids))
$$;

-- What evidence says without saying of whom or of which document: counts, yes or no, times, keywords, and names of queues and directories.
-- A list of what stays, so that a fact that somebody adds later goes by itself.
CREATE FUNCTION impersonal(p_evidence jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(jsonb_object_agg(fact.key, fact.value), '{}') FROM jsonb_each(p_evidence) AS fact
  WHERE jsonb_typeof(fact.value) IN ('number', 'boolean')
    OR (jsonb_typeof(fact.value) = 'string' AND (
      fact.value #>> '{}' ~ '^\d{4}-\d\d-\d\dT[\d:.]+Z$'
      OR fact.key IN ('queueName', 'directory')
      OR (fact.key = 'by' AND fact.value #>> '{}' IN ('code', 'administrator', 'queue-without-validation', 'erasure'))
      OR (fact.key = 'subject' AND fact.value #>> '{}' ~ '^[a-z]+\.[a-z-]+\.v\d+$')
      OR (fact.key IN ('queueId', 'reason', 'was', 'after', 'kind', 'colorMode', 'sides', 'finishingDecidedBy', 'verdict', 'basis', 'spf', 'dmarc', 'arc', 'measuredBy',
                       'mediaType', 'documentFormat', 'language', 'conditions', 'erasureId') AND fact.value #>> '{}' ~ '^[\w./+-]{1,100}$')))
$$;

-- A text with the pseudonym in place of these addresses, in any case, and never within a longer one.
CREATE FUNCTION without_addresses(p_text text, p_addresses text[], p_pseudonym text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE result text := p_text; address text;
BEGIN
  FOREACH address IN ARRAY p_addresses LOOP
    IF strpos(lower(result), address) > 0 THEN
      result := regexp_replace(result, '(?<![\w.+-])' || regexp_replace(address, '([^\w@])', '\\\1', 'g') || '(?![\w-]|\.\w)', p_pseudonym, 'gi');
    END IF;
  END LOOP;
  RETURN result;
END $$;

-- Takes people out of their journeys and puts the pseudonym in their place, with an entry that says so; elsewhere, as in the journey of a mail
-- that they vouched for, only their addresses. Gives {"journeys":…, "entries":…, "mentions":…}.
CREATE FUNCTION erase(p_account_ids text[], p_addresses text[], p_pseudonym text, p_entry jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE ids uuid[]; entries bigint; mentions bigint;
  -- As keys of an object, which are found by halving.
  addresses jsonb := (SELECT coalesce(jsonb_object_agg(address, true), '{}') FROM unnest(p_addresses) AS address);
BEGIN
  SELECT coalesce(array_agg(id), '{}') INTO ids FROM journey.of_people(p_account_ids, p_addresses) AS id;
  UPDATE journey.message m SET sender = p_pseudonym, subject = '', internet_message_id = '' WHERE m.id = ANY (ids);
  UPDATE journey.entry e SET evidence = journey.impersonal(e.evidence), standing = false WHERE e.message_id = ANY (ids) AND e.evidence <> '{}';
  GET DIAGNOSTICS entries = ROW_COUNT;
  INSERT INTO journey.entry (message_id, service, step, evidence)
  SELECT id, session_user, p_entry ->> 'step', coalesce(p_entry -> 'evidence', '{}') FROM unnest(ids) AS id;
  -- What looks like an address in the text is compared, so that one reading does for many people (measured: one pattern of 200 addresses takes ten times as long).
  UPDATE journey.entry e SET evidence = journey.without_addresses(e.evidence::text, p_addresses, p_pseudonym)::jsonb
  WHERE strpos(e.evidence::text, '@') > 0 AND EXISTS (
    SELECT 1 FROM regexp_matches(lower(e.evidence::text), '[^\s"<>(),;:\\\[\]@]+@[\w.-]*\w', 'g') AS m (found) WHERE addresses ? ltrim(m.found[1], $p$'`={}!#$%&*+/?^|~.-$p$));
  GET DIAGNOSTICS mentions = ROW_COUNT;
  RETURN jsonb_build_object('journeys', cardinality(ids), 'entries', entries, 'mentions', mentions);
END $$;

-- Forgets messages older than p_days, at most p_limit a call; gives how many went.
CREATE FUNCTION purge(p_days int, p_limit int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE gone uuid[];
BEGIN
  WITH old AS (SELECT id FROM journey.message WHERE received_at < now() - make_interval(days => p_days) ORDER BY received_at LIMIT p_limit),
       deleted AS (DELETE FROM journey.message m USING old WHERE m.id = old.id RETURNING m.id)
  SELECT coalesce(array_agg(id), '{}') INTO gone FROM deleted;
  DELETE FROM journey.entry e WHERE e.message_id = ANY (gone);
  RETURN cardinality(gone);
END $$;
