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

-- One print of this server as a statistical fact (WD-025), without a title and without a name.
CREATE TABLE print_fact (
  job_id        uuid NOT NULL,
  completed_at  timestamptz(3) NOT NULL,
  account_id    text NOT NULL,
  user_group    text NOT NULL,
  queue_id      text NOT NULL,
  location_path text NOT NULL,
  mailbox_id    text NOT NULL,
  origin        text NOT NULL,
  pages         integer NOT NULL CHECK (pages >= 0),
  copies        integer NOT NULL CHECK (copies > 0),
  -- What came out: sides with something on them, and sheets of paper.
  impressions   bigint NOT NULL CHECK (impressions >= 0),
  sheets        bigint NOT NULL CHECK (sheets >= 0),
  color         boolean NOT NULL,
  duplex        boolean NOT NULL,
  media         text NOT NULL,
  -- Thousandths of the currency.
  price         bigint NOT NULL CHECK (price >= 0),
  recorded_at   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT print_fact_pkey PRIMARY KEY (job_id)
);
CREATE INDEX print_fact_completed_at_job_id_idx ON print_fact (completed_at, job_id);

-- What was printed was printed: facts are added, never changed or taken back.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'print facts are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON print_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Facts that are not added up yet. A job's print is in the totals, or here: never in both.
CREATE TABLE print_fact_new (
  job_id uuid NOT NULL,
  CONSTRAINT print_fact_new_pkey PRIMARY KEY (job_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);

-- What the facts add up to, by day (UTC) and by the value of one of their properties; dimension 'all' has the empty key.
CREATE TABLE print_total (
  dimension         text NOT NULL CHECK (dimension IN ('all', 'user', 'group', 'queue', 'location', 'mailbox', 'origin')),
  day               date NOT NULL,
  key               text NOT NULL,
  jobs              bigint NOT NULL,
  impressions       bigint NOT NULL,
  sheets            bigint NOT NULL,
  color_impressions bigint NOT NULL,
  duplex_sheets     bigint NOT NULL,
  price             bigint NOT NULL,
  CONSTRAINT print_total_pkey PRIMARY KEY (dimension, day, key)
) WITH (fillfactor = 80);

-- How reports name the owners of prints. It goes when a person is erased; the figures stay.
CREATE TABLE print_owner (
  account_id text NOT NULL,
  directory  text NOT NULL,
  label      text NOT NULL,
  CONSTRAINT print_owner_pkey PRIMARY KEY (account_id)
);
