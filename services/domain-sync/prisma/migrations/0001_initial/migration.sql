-- domain-sync: what this server is, and what it printed. Run by the owner with search_path = domain_sync.

-- This server: one row, made at its first start.
CREATE TABLE server (
  only_row   boolean NOT NULL DEFAULT true CHECK (only_row),
  -- WD-030: stays for the life of the installation.
  server_id  uuid NOT NULL,
  name       text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT server_pkey PRIMARY KEY (only_row)
);

-- One print of this server as a statistical fact (WD-025), without a title.
CREATE TABLE print_fact (
  job_id       uuid NOT NULL,
  queue_id     text NOT NULL,
  account_id   text NOT NULL,
  mailbox_id   text NOT NULL,
  pages        integer NOT NULL CHECK (pages >= 0),
  copies       integer NOT NULL CHECK (copies > 0),
  completed_at timestamptz(3) NOT NULL,
  recorded_at  timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT print_fact_pkey PRIMARY KEY (job_id)
);
CREATE INDEX print_fact_completed_at_idx ON print_fact (completed_at);

-- What was printed was printed: facts are added, never changed or taken back.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'print facts are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON print_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the facts add up to, by day (UTC) and queue.
CREATE TABLE print_total (
  day      date NOT NULL,
  queue_id text NOT NULL,
  -- Jobs recorded at the same time add to different slots, and so don't wait for each other.
  slot     smallint NOT NULL,
  jobs     bigint NOT NULL,
  -- Printed: those of the document times its copies.
  pages    bigint NOT NULL,
  CONSTRAINT print_total_pkey PRIMARY KEY (day, queue_id, slot)
) WITH (fillfactor = 70);
