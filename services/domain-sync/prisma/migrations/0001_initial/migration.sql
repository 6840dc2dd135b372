-- domain-sync: what this server is, and what it printed. Run by the owner with search_path = domain_sync.

-- This server: one row, made at its first start.
CREATE TABLE server (
  only_row   boolean NOT NULL DEFAULT true CHECK (only_row),
  -- WD-030: stays for the life of the installation.
  server_id  uuid NOT NULL,
  name       text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- How far this server's facts are numbered, without gaps; a server that was put back from a backup begins a new series.
  facts_numbered bigint NOT NULL DEFAULT 0,
  fact_series    integer NOT NULL DEFAULT 1,
  CONSTRAINT server_pkey PRIMARY KEY (only_row)
);

-- One print as a statistical fact (WD-025), without a title and without a name: this server's, and on a master all members' (DOM-041).
CREATE TABLE print_fact (
  server_id     uuid NOT NULL,
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
  -- Given by the server that printed, when it added the fact up: 1, 2, 3, … without gaps.
  number        bigint NOT NULL,
  series        integer NOT NULL,
  CONSTRAINT print_fact_pkey PRIMARY KEY (server_id, job_id)
);
CREATE UNIQUE INDEX print_fact_server_id_number_series_key ON print_fact (server_id, number, series);
CREATE INDEX print_fact_completed_at_job_id_idx ON print_fact (completed_at, job_id);

-- What was printed was printed: facts are added, never changed or taken back.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'print facts are never changed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON print_fact FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Prints of this server that are not added up and numbered yet: each moves to print_fact when it is.
CREATE TABLE print_fact_new (
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
  CONSTRAINT print_fact_new_pkey PRIMARY KEY (job_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE TRIGGER append_only BEFORE UPDATE ON print_fact_new FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What the facts of a server add up to, by day (UTC) and by the value of one of their properties; dimension 'all' has the empty key.
CREATE TABLE print_total (
  dimension         text NOT NULL CHECK (dimension IN ('all', 'user', 'group', 'queue', 'location', 'mailbox', 'origin')),
  day               date NOT NULL,
  server_id         uuid NOT NULL,
  key               text NOT NULL,
  jobs              bigint NOT NULL,
  impressions       bigint NOT NULL,
  sheets            bigint NOT NULL,
  color_impressions bigint NOT NULL,
  duplex_sheets     bigint NOT NULL,
  price             bigint NOT NULL,
  -- Of dimension 'all': the sum of 64 bits of each fact's SHA-256, equal on both servers when they have the same facts.
  digest            numeric NOT NULL,
  CONSTRAINT print_total_pkey PRIMARY KEY (dimension, day, server_id, key)
) WITH (fillfactor = 80);

-- How reports name the owners of this server's prints. It goes when a person is erased; the figures stay.
CREATE TABLE print_owner (
  account_id text NOT NULL,
  directory  text NOT NULL,
  -- Empty: erased; a late print doesn't name them again, unless the account may return.
  label      text NOT NULL,
  may_return boolean NOT NULL DEFAULT false,
  -- The master knows the row as it is.
  told       boolean NOT NULL DEFAULT false,
  CONSTRAINT print_owner_pkey PRIMARY KEY (account_id)
);

-- The domain that this server is in: no row, it stands for itself (DOM-001).
CREATE TABLE domain (
  only_row              boolean NOT NULL DEFAULT true CHECK (only_row),
  domain_id             uuid NOT NULL,
  name                  text NOT NULL,
  description           text NOT NULL,
  -- DOM-010: the master's address, as its administrator wrote it.
  identifier            text NOT NULL,
  role                  text NOT NULL CHECK (role IN ('master', 'slave')),
  -- Grows with each change of the master; what bears an older one is refused.
  epoch                 bigint NOT NULL CHECK (epoch > 0),
  master_id             uuid NOT NULL,
  -- Who is master since when, signed by the domain's authority: base64. Each call between servers bears it.
  succession            text NOT NULL,
  -- Mode, storage, waits, rates: one for the domain.
  settings              jsonb NOT NULL,
  -- Of the domain and its members as the master has them; grows with each change.
  revision              bigint NOT NULL,
  authority_certificate text NOT NULL,
  -- Where the server is the master, or may become it.
  sealed_authority_key  bytea,
  -- Of this server, in its domain.
  certificate           text NOT NULL,
  sealed_key            bytea NOT NULL,
  sealed_sealing_key    bytea NOT NULL,
  joined_at             timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT domain_pkey PRIMARY KEY (only_row)
);

-- The servers of the domain, this one among them (DOM-016).
CREATE TABLE member (
  server_id            uuid NOT NULL,
  name                 text NOT NULL,
  tags                 text[] NOT NULL DEFAULT '{}',
  version              text NOT NULL,
  role                 text NOT NULL CHECK (role IN ('master', 'slave')),
  uri                  text NOT NULL,
  dns                  text NOT NULL DEFAULT '',
  dns_alias            text NOT NULL DEFAULT '',
  ip                   text NOT NULL DEFAULT '',
  -- HPKE, P-256: base64. What is secret is sealed to it.
  sealing_public_key   text NOT NULL,
  -- In lower-case hexadecimal. The former one holds until the new one was used.
  certificate_serial   text NOT NULL,
  former_serial        text NOT NULL DEFAULT '',
  certificate_ends_at  timestamptz(3) NOT NULL,
  -- It is given the authority's key, so that it can become the master when this one is lost.
  may_be_promoted      boolean NOT NULL,
  joined_at            timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  last_seen_at         timestamptz(3),
  started_at           timestamptz(3),
  load                 double precision NOT NULL DEFAULT 0,
  disk_free_bytes      bigint NOT NULL DEFAULT 0,
  disk_size_bytes      bigint NOT NULL DEFAULT 0,
  CONSTRAINT member_pkey PRIMARY KEY (server_id)
);

-- Leave to join, given by the master to whoever proved the maintenance password. It holds once.
CREATE TABLE admission_ticket (
  ticket_sha256 bytea NOT NULL,
  server_id     uuid NOT NULL,
  expires_at    timestamptz(3) NOT NULL,
  used_at       timestamptz(3),
  CONSTRAINT admission_ticket_pkey PRIMARY KEY (ticket_sha256)
);

-- Proofs of the maintenance password that are under way.
CREATE TABLE admission_proof (
  proof_id     uuid NOT NULL,
  sealed_state bytea NOT NULL,
  expires_at   timestamptz(3) NOT NULL,
  CONSTRAINT admission_proof_pkey PRIMARY KEY (proof_id)
);

-- The server left its domain or became its master: its objects' owners have yet to hear it.
CREATE TABLE keep_objects (
  only_row boolean NOT NULL DEFAULT true CHECK (only_row),
  keep_as  text NOT NULL CHECK (keep_as IN ('local', 'shared', 'received')),
  CONSTRAINT keep_objects_pkey PRIMARY KEY (only_row)
);

-- How the other members name the owners of their prints.
CREATE TABLE member_owner (
  server_id  uuid NOT NULL,
  account_id text NOT NULL,
  directory  text NOT NULL,
  -- Empty: erased, there or here.
  label      text NOT NULL,
  -- What the member tells of the owner later names nobody.
  erased_here boolean NOT NULL DEFAULT false,
  CONSTRAINT member_owner_pkey PRIMARY KEY (server_id, account_id)
);
CREATE INDEX member_owner_account_id_idx ON member_owner (account_id);

-- On a master: how far each member's facts came in.
CREATE TABLE fact_delivery (
  server_id       uuid NOT NULL,
  series          integer NOT NULL,
  -- All numbers up to this one are counted or refused.
  received_number bigint NOT NULL,
  -- The job of that number: another one there means that one of both servers was put back from a backup.
  received_job_id uuid NOT NULL,
  -- How far the member itself was when it told last.
  told_number     bigint NOT NULL,
  received_at     timestamptz(3) NOT NULL,
  compared_at     timestamptz(3),
  compared_number bigint,
  compared_days   integer,
  CONSTRAINT fact_delivery_pkey PRIMARY KEY (server_id)
);

-- On a slave: how the master took its facts when it was told last.
CREATE TABLE fact_sending (
  only_row         boolean NOT NULL DEFAULT true CHECK (only_row),
  master_id        uuid NOT NULL,
  delivered_number bigint NOT NULL,
  delivered_at     timestamptz(3),
  compared_at      timestamptz(3),
  -- Days that differed then.
  days_differing   integer NOT NULL DEFAULT 0,
  tried_at         timestamptz(3) NOT NULL,
  -- Empty: none.
  problem          text NOT NULL,
  CONSTRAINT fact_sending_pkey PRIMARY KEY (only_row)
);

-- Facts of members that can't be true, or were counted before: they count nothing, and are shown to the administrator.
CREATE TABLE fact_refused (
  server_id   uuid NOT NULL,
  series      integer NOT NULL,
  number      bigint NOT NULL,
  job_id      uuid NOT NULL,
  day         date NOT NULL,
  reason      text NOT NULL,
  received_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT fact_refused_pkey PRIMARY KEY (server_id, series, number)
);
CREATE INDEX fact_refused_server_id_day_idx ON fact_refused (server_id, day);

-- Days whose figures differed when they were compared last.
CREATE TABLE day_difference (
  server_id         uuid NOT NULL,
  day               date NOT NULL,
  jobs_there        bigint NOT NULL,
  impressions_there bigint NOT NULL,
  price_there       bigint NOT NULL,
  jobs_here         bigint NOT NULL,
  impressions_here  bigint NOT NULL,
  price_here        bigint NOT NULL,
  CONSTRAINT day_difference_pkey PRIMARY KEY (server_id, day)
);

-- Where this server stands in the domain's log: on the master the log's end, on a slave what it has taken.
CREATE TABLE log_position (
  only_row boolean NOT NULL DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  -- In which the entry at this position was recorded.
  epoch    bigint NOT NULL,
  -- Until then nothing is recorded: the place of the master is being handed over.
  held_until timestamptz(3),
  CONSTRAINT log_position_pkey PRIMARY KEY (only_row)
);
INSERT INTO log_position (position, epoch) VALUES (0, 0);

-- The log of shared objects. The master numbers it without gaps; a slave has what it was sent of it, so that it can become the master.
CREATE TABLE config_log (
  position       bigint NOT NULL,
  epoch          bigint NOT NULL,
  -- The service that owns such objects.
  owner          text NOT NULL,
  kind           text NOT NULL,
  object_id      text NOT NULL,
  name           text NOT NULL,
  -- put: it is so; deleted; kept: it is no longer shared, and stays where it is.
  change         text NOT NULL CHECK (change IN ('put', 'deleted', 'kept')),
  -- Of the owner's counting, on the server that recorded it.
  version        bigint NOT NULL,
  -- Canonical JSON without secrets; empty where nothing stays.
  body           text NOT NULL,
  sealed_secrets bytea,
  -- Of the body, in hexadecimal, as the owner says it.
  digest         text NOT NULL,
  -- [[kind, object id], …]
  needs          jsonb NOT NULL,
  -- change, share, roll-back, maintenance.
  cause          text NOT NULL,
  recorded_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT config_log_pkey PRIMARY KEY (position)
);
CREATE INDEX config_log_kind_object_id_position_idx ON config_log (kind, object_id, position DESC);

-- Where the numbering of each epoch begins: behind this position.
CREATE TABLE log_epoch (
  epoch          bigint NOT NULL,
  after_position bigint NOT NULL,
  CONSTRAINT log_epoch_pkey PRIMARY KEY (epoch)
);

-- On the master: shared objects whose present state can't be sent.
CREATE TABLE unrecorded_object (
  kind      text NOT NULL,
  object_id text NOT NULL,
  name      text NOT NULL,
  problem   text NOT NULL,
  since     timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT unrecorded_object_pkey PRIMARY KEY (kind, object_id)
);

-- On the master: how each slave stands.
CREATE TABLE slave_progress (
  server_id      uuid NOT NULL,
  position       bigint NOT NULL,
  position_epoch bigint NOT NULL,
  -- unknown, behind, level, differs (it is being healed).
  standing       text NOT NULL,
  -- Orders that it took and could not apply, some of them.
  unapplied      jsonb NOT NULL,
  unapplied_count integer NOT NULL,
  -- Its own objects that stepped aside for one of the master's.
  renamed        jsonb NOT NULL,
  contacted_at   timestamptz(3) NOT NULL,
  CONSTRAINT slave_progress_pkey PRIMARY KEY (server_id)
);

-- On a slave: orders that are taken and not applied; what they say stands in the log.
CREATE TABLE pending_order (
  kind      text NOT NULL,
  object_id text NOT NULL,
  -- 0: in no log; the master has never heard of the object, and it stays here as this server's own.
  position  bigint NOT NULL,
  owner     text NOT NULL,
  change    text NOT NULL,
  -- The owner's reason; empty: it is not tried yet.
  problem   text NOT NULL DEFAULT '',
  taken_at  timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT pending_order_pkey PRIMARY KEY (kind, object_id)
);

-- On a slave: from which entry each object comes that the master shares.
CREATE TABLE applied_order (
  kind       text NOT NULL,
  object_id  text NOT NULL,
  position   bigint NOT NULL,
  epoch      bigint NOT NULL,
  applied_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT applied_order_pkey PRIMARY KEY (kind, object_id)
);

-- The local objects of a slave that stepped aside for one of the master's.
CREATE TABLE renamed_object (
  kind          text NOT NULL,
  object_id     text NOT NULL,
  name          text NOT NULL,
  renamed_local text NOT NULL,
  renamed_at    timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- The master has heard of it.
  told          boolean NOT NULL DEFAULT false,
  -- The administrators of this server were told by mail, or want no mail; and when that was tried last.
  mailed        boolean NOT NULL DEFAULT false,
  mail_tried_at timestamptz(3),
  occasion_id   uuid NOT NULL DEFAULT gen_random_uuid(),
  CONSTRAINT renamed_object_pkey PRIMARY KEY (kind, object_id)
);

-- Server maintenance (WSC-010 to WSC-016): what is replicated by a schedule and on demand.
CREATE TABLE server_maintenance (
  only_row      boolean NOT NULL DEFAULT true CHECK (only_row),
  enabled       boolean NOT NULL DEFAULT false,
  every_minutes integer NOT NULL DEFAULT 1440 CHECK (every_minutes > 0),
  -- security-profiles, notification, release-profiles, default-release-profiles.
  items         text[] NOT NULL DEFAULT '{}',
  next_at       timestamptz(3),
  last_at       timestamptz(3),
  -- Orders that it made; empty problem: it went well.
  last_orders   integer NOT NULL DEFAULT 0,
  last_problem  text NOT NULL DEFAULT '',
  CONSTRAINT server_maintenance_pkey PRIMARY KEY (only_row)
);
INSERT INTO server_maintenance DEFAULT VALUES;

-- Who leaves a domain has no log of it any more; all that came from it is the owners' by then.
CREATE FUNCTION forget_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM config_log;
  DELETE FROM log_epoch;
  DELETE FROM unrecorded_object;
  DELETE FROM slave_progress;
  DELETE FROM pending_order;
  DELETE FROM applied_order;
  DELETE FROM renamed_object;
  UPDATE log_position SET position = 0, epoch = 0, held_until = NULL;
  UPDATE server_maintenance SET enabled = false, next_at = NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER forget_log AFTER DELETE ON domain FOR EACH ROW EXECUTE FUNCTION forget_log();
