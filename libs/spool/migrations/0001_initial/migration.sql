-- The spool: where a document's bytes lie is a folder; here are their keys, and who still needs them.
-- A claim is held by a service and handed on with the message; when the last one goes or runs out, the key is erased and
-- with it the document. Run by spool_owner with search_path = spool.

CREATE TABLE document (
  id          uuid PRIMARY KEY,
  sha256      bytea NOT NULL,
  size_bytes  bigint NOT NULL,
  -- The data key, wrapped by the master key; NULL once erased.
  wrapped_key bytea,
  created_at  timestamptz NOT NULL DEFAULT now(),
  erased_at   timestamptz
);
CREATE INDEX document_erased ON document (erased_at) WHERE wrapped_key IS NULL;

CREATE TABLE claim (
  document_id uuid NOT NULL REFERENCES document (id) ON DELETE CASCADE,
  service     name NOT NULL,
  until       timestamptz NOT NULL,
  PRIMARY KEY (document_id, service)
);
CREATE INDEX claim_until ON claim (until);

-- Erases the keys of those documents that nobody claims any more; gives their ids, so that the caller removes the bytes.
CREATE FUNCTION erase_unclaimed(p_ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE erased uuid[];
BEGIN
  WITH gone AS (
    UPDATE spool.document d SET wrapped_key = NULL, erased_at = now()
    WHERE d.id = ANY (p_ids) AND d.wrapped_key IS NOT NULL AND NOT EXISTS (SELECT 1 FROM spool.claim c WHERE c.document_id = d.id)
    RETURNING d.id)
  SELECT coalesce(array_agg(id), '{}') INTO erased FROM gone;
  RETURN erased;
END $$;

-- p_documents: [{"id": uuid, "sha256": hex, "sizeBytes": n, "wrappedKey": hex}]; the first claim is p_holder's, who reads next.
CREATE FUNCTION put(p_documents jsonb, p_holder name, p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO spool.document (id, sha256, size_bytes, wrapped_key)
  SELECT (d->>'id')::uuid, decode(d->>'sha256', 'hex'), (d->>'sizeBytes')::bigint, decode(d->>'wrappedKey', 'hex')
  FROM jsonb_array_elements(p_documents) AS d;
  INSERT INTO spool.claim (document_id, service, until)
  SELECT (d->>'id')::uuid, p_holder, p_until FROM jsonb_array_elements(p_documents) AS d;
END $$;

-- What is needed to read a document; no row for who holds no claim, or when it is erased.
CREATE FUNCTION open(p_id uuid) RETURNS TABLE (wrapped_key bytea, sha256 bytea, size_bytes bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT d.wrapped_key, d.sha256, d.size_bytes FROM spool.document d
  WHERE d.id = p_id AND d.wrapped_key IS NOT NULL
    AND EXISTS (SELECT 1 FROM spool.claim c WHERE c.document_id = d.id AND c.service = session_user);
END $$;

-- Hands the caller's claims on to the next service in the flow. Here and below one plan serves all lists of ids: left to itself, PostgreSQL makes a new
-- one for each call, since it takes an unknown list for ten times as long (measured: half the time of the call).
CREATE FUNCTION hand_over(p_ids uuid[], p_to name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  WITH mine AS (DELETE FROM spool.claim c WHERE c.document_id = ANY (p_ids) AND c.service = session_user RETURNING c.document_id, c.until)
  INSERT INTO spool.claim (document_id, service, until) SELECT m.document_id, p_to, m.until FROM mine m
  ON CONFLICT (document_id, service) DO UPDATE SET until = greatest(spool.claim.until, excluded.until);
END $$;

-- Moves the end of the caller's claims.
CREATE FUNCTION keep_until(p_ids uuid[], p_until timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  UPDATE spool.claim c SET until = p_until WHERE c.document_id = ANY (p_ids) AND c.service = session_user;
END $$;

-- Gives up the caller's claims; gives the ids of documents that were erased by it.
CREATE FUNCTION drop(p_ids uuid[]) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan AS $$
BEGIN
  DELETE FROM spool.claim c WHERE c.document_id = ANY (p_ids) AND c.service = session_user;
  RETURN spool.erase_unclaimed(p_ids);
END $$;

-- Ends claims that ran out; gives the ids of erased documents.
CREATE FUNCTION expire(p_limit int) RETURNS uuid[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE ids uuid[];
BEGIN
  WITH ended AS (
    DELETE FROM spool.claim c USING (SELECT document_id, service FROM spool.claim WHERE until < now() LIMIT p_limit FOR UPDATE SKIP LOCKED) AS e
    WHERE c.document_id = e.document_id AND c.service = e.service RETURNING c.document_id)
  SELECT coalesce(array_agg(document_id), '{}') INTO ids FROM ended;
  RETURN spool.erase_unclaimed(ids);
END $$;

-- Of these ids, those whose bytes may be removed: erased, or never recorded (their writer died before its row).
CREATE FUNCTION removable(p_ids uuid[]) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT i FROM unnest(p_ids) AS i WHERE NOT EXISTS (SELECT 1 FROM spool.document d WHERE d.id = i AND d.wrapped_key IS NOT NULL)
$$;
