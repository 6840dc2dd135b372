-- Queues, jobs, codes and deliveries of print-submit. Run with search_path = print_submit; services get DML only.

-- Where printers stand: a tree of places, country, region, city, building, floor or as an organisation likes (WD-003).
CREATE TABLE "location" (
  "id"        TEXT PRIMARY KEY,
  -- NULL: the root, which is always there.
  "parent_id" TEXT REFERENCES "location" ("id") ON DELETE RESTRICT ON UPDATE CASCADE CHECK (("parent_id" IS NULL) = ("id" = 'world')),
  "name"      TEXT NOT NULL,
  -- The names from the root on with / between, so that a place and all below it are found by their beginning; kept with each change.
  "path"      TEXT NOT NULL
);
CREATE UNIQUE INDEX "location_path_key" ON "location" ("path");
CREATE INDEX "location_parent_id_idx" ON "location" ("parent_id");
INSERT INTO "location" ("id", "name", "path") VALUES ('world', 'World', 'World');

-- One row: where this server itself stands (SKY-030); NULL: nobody said.
CREATE TABLE "server_location" (
  "only_row"    BOOLEAN PRIMARY KEY DEFAULT true CHECK ("only_row"),
  "location_id" TEXT REFERENCES "location" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
INSERT INTO "server_location" ("location_id") VALUES ('world');

-- A print queue: a name for a printer with its settings.
CREATE TABLE "queue" (
  "id"                    TEXT PRIMARY KEY,
  "name"                  TEXT NOT NULL,
  "printer_uri"           TEXT NOT NULL,
  -- What it is and where (WD-004); empty: nobody said.
  "brand"                 TEXT NOT NULL DEFAULT '',
  "model"                 TEXT NOT NULL DEFAULT '',
  "serial_number"         TEXT NOT NULL DEFAULT '',
  "location_id"           TEXT NOT NULL DEFAULT 'world' REFERENCES "location" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  "geocode"               TEXT NOT NULL DEFAULT '',
  "tags"                  TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "comment"               TEXT NOT NULL DEFAULT '',
  -- Jobs are held until released (WD-019).
  "validation"            BOOLEAN NOT NULL,
  "hold_hours"            INTEGER NOT NULL,
  -- How long a document is kept after it was printed, to be printed once more; 0: not at all.
  "keep_hours"            INTEGER NOT NULL DEFAULT 0,
  -- How its printer is spoken to, as ExpertSettings.
  "expert"                JSONB NOT NULL DEFAULT '{}',
  "certificate_authority" TEXT NOT NULL DEFAULT '',
  -- Grows with each change: a step that read older settings is refused and reads them again.
  "version"               INTEGER NOT NULL DEFAULT 1,
  "created_at"            TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "queue_location_id_idx" ON "queue" ("location_id");

-- Queues that share their settings (WD-006, WD-007): those of a group hold for all queues in it, whose own are kept for later.
CREATE TABLE "queue_group" (
  "id"                TEXT PRIMARY KEY,
  "name"              TEXT NOT NULL,
  "geocode"           TEXT NOT NULL DEFAULT '',
  "tags"              TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "comment"           TEXT NOT NULL DEFAULT '',
  -- Made to be cloned; no queue is in it.
  "is_template"       BOOLEAN NOT NULL DEFAULT false,
  "validation"        BOOLEAN NOT NULL,
  "hold_hours"        INTEGER NOT NULL,
  "keep_hours"        INTEGER NOT NULL DEFAULT 0,
  -- Where its jobs go instead: at once, or when their printer fails.
  "redirect_when"     TEXT NOT NULL DEFAULT 'never' CHECK ("redirect_when" IN ('never', 'fault', 'always')),
  "redirect_queue_id" TEXT REFERENCES "queue" ("id") ON DELETE RESTRICT ON UPDATE CASCADE CHECK (("redirect_when" = 'never') = ("redirect_queue_id" IS NULL)),
  -- Mail addresses of whom people turn to: $QUEUEADMIN and $QUEUESUPPORT (V-07).
  "administrators"    TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "support"           TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  -- Events that people are told of, or not, whatever holds in general (WD-006).
  "events_on"         TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "events_off"        TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  -- Who may print on its queues, when and what, as Restrictions (WD-006).
  "restrictions"      JSONB NOT NULL DEFAULT '{}',
  -- How the printers of its queues are spoken to, as ExpertSettings, where a queue does not say it itself.
  "expert"            JSONB NOT NULL DEFAULT '{}',
  "version"           INTEGER NOT NULL DEFAULT 1,
  "created_at"        TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE "queue" ADD COLUMN "group_id" TEXT REFERENCES "queue_group" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "queue_group_id_idx" ON "queue" ("group_id");
CREATE INDEX "queue_group_redirect_queue_id_idx" ON "queue_group" ("redirect_queue_id");

-- By which means people say who they are at a release point (WD-027).
CREATE TABLE "release_profile" (
  "id"           TEXT PRIMARY KEY,
  "name"         TEXT NOT NULL,
  "means"        TEXT[] NOT NULL CHECK (cardinality("means") > 0 AND "means" <@ ARRAY['puk', 'login-pin', 'card-pin']),
  -- The page for releasing signs out by itself after so many seconds without use.
  "idle_seconds" INTEGER NOT NULL,
  -- Holds wherever none is assigned; one row always has it.
  "is_default"   BOOLEAN NOT NULL DEFAULT false,
  "version"      INTEGER NOT NULL DEFAULT 1,
  "created_at"   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "release_profile_default" ON "release_profile" ("is_default") WHERE "is_default";
INSERT INTO "release_profile" ("id", "name", "means", "idle_seconds", "is_default") VALUES ('default', 'Default', ARRAY['puk', 'login-pin', 'card-pin'], 60, true);

-- Where a profile holds: each row names one queue, one place with all below it, or one network.
CREATE TABLE "release_assignment" (
  "id"          UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  "profile_id"  TEXT NOT NULL REFERENCES "release_profile" ("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  "queue_id"    TEXT REFERENCES "queue" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "location_id" TEXT REFERENCES "location" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "network"     INET,
  CHECK (num_nonnulls("queue_id", "location_id", "network") = 1)
);
CREATE UNIQUE INDEX "release_assignment_queue_id_key" ON "release_assignment" ("queue_id");
CREATE UNIQUE INDEX "release_assignment_location_id_key" ON "release_assignment" ("location_id");
CREATE UNIQUE INDEX "release_assignment_network_key" ON "release_assignment" ("network");
CREATE INDEX "release_assignment_profile_id_idx" ON "release_assignment" ("profile_id");

-- The profile that decides over a document on a queue that somebody at a network wants: of the queue, of the nearest place above it, of the
-- smallest network that holds this one (NULL: the release point has no address), else the default. Never of a place that somebody only says to be at.
-- PL/pgSQL, since it keeps its plan: an SQL function that isn't inlined plans anew at each call (measured: ten times the time).
CREATE FUNCTION release_profile_of(p_queue text, p_network inet) RETURNS text
LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN coalesce(
    (SELECT profile_id FROM release_assignment WHERE queue_id = p_queue),
    (SELECT a.profile_id FROM queue q JOIN location here ON here.id = q.location_id
       JOIN location above ON here.id = above.id OR starts_with(here.path, above.path || '/')
       JOIN release_assignment a ON a.location_id = above.id
     WHERE q.id = p_queue ORDER BY length(above.path) DESC LIMIT 1),
    (SELECT profile_id FROM release_assignment WHERE network >>= p_network ORDER BY masklen(network) DESC LIMIT 1),
    (SELECT id FROM release_profile WHERE is_default));
END $$;

-- What is known of the printer behind a queue, and who delivers to it now.
CREATE TABLE "printer" (
  "queue_id"    TEXT PRIMARY KEY REFERENCES "queue" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "state"       TEXT NOT NULL DEFAULT 'unknown' CHECK ("state" IN ('unknown', 'idle', 'processing', 'stopped', 'unreachable')),
  "problem"     TEXT NOT NULL DEFAULT '',
  -- Since when it is stopped or unreachable; NULL: it is not.
  "failing_since" TIMESTAMPTZ(3),
  -- What it says it can do, as PrinterCapabilities; NULL: not asked yet.
  "capabilities" JSONB,
  -- NULL: to be asked at once.
  "asked_at"    TIMESTAMPTZ(3),
  -- One delivery loop per printer; a killed process's lease runs out by itself.
  "lease_token" UUID,
  "lease_until" TIMESTAMPTZ(3)
) WITH (fillfactor = 50);

-- A queue's conversation with its printer, written down until a time (WD-028).
CREATE TABLE "queue_trace" (
  "queue_id"   TEXT PRIMARY KEY REFERENCES "queue" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "until"      TIMESTAMPTZ(3) NOT NULL,
  "started_by" TEXT NOT NULL
);
CREATE TABLE "queue_trace_piece" (
  "id"         BIGSERIAL PRIMARY KEY,
  "queue_id"   TEXT NOT NULL REFERENCES "queue_trace" ("queue_id") ON DELETE CASCADE ON UPDATE CASCADE,
  "lines"      TEXT NOT NULL,
  "size_bytes" INTEGER NOT NULL
);
CREATE INDEX "queue_trace_piece_queue_id_id_idx" ON "queue_trace_piece" ("queue_id", "id");

-- How jobs look on paper: the general options have the empty mailbox id, a mailbox's own its id.
CREATE TABLE "finishing" (
  "mailbox_id"   TEXT PRIMARY KEY,
  "color_mode"   TEXT NOT NULL CHECK ("color_mode" IN ('color', 'monochrome')),
  "sides"        TEXT NOT NULL CHECK ("sides" IN ('one-sided', 'two-sided-long-edge', 'two-sided-short-edge')),
  "copies"       INTEGER NOT NULL DEFAULT 1 CHECK ("copies" BETWEEN 1 AND 999),
  -- PWG name; empty: as the printer is set.
  "media"        TEXT NOT NULL DEFAULT '',
  -- 1-3,5; empty: all pages.
  "page_ranges"  TEXT NOT NULL DEFAULT '',
  -- The mailbox follows the general options; its own are kept for later.
  "uses_default" BOOLEAN NOT NULL DEFAULT false CHECK ("mailbox_id" <> '' OR NOT "uses_default"),
  "changed_at"   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "changed_by"   TEXT NOT NULL
);
INSERT INTO "finishing" ("mailbox_id", "color_mode", "sides", "changed_by") VALUES ('', 'color', 'one-sided', 'installation');

-- One document to print for one owner; its id is the document's. States and reasons are IPP's (RFC 8011, 5.3.7 and 5.3.8).
-- The queue's identifier and name stay in the history of a queue that was deleted, so there is no foreign key.
CREATE TABLE "job" (
  "id"               UUID PRIMARY KEY,
  "message_id"       UUID NOT NULL,
  "mailbox_id"       TEXT NOT NULL,
  "queue_id"         TEXT NOT NULL,
  "queue_name"       TEXT NOT NULL,
  "account_id"       TEXT NOT NULL,
  "directory"        TEXT NOT NULL,
  "owner_address"    TEXT NOT NULL,
  "owner_name"       TEXT NOT NULL,
  "owner_language"   TEXT NOT NULL,
  -- The account that handed the document in for its owner, by the Print API; empty: it came by mail.
  "submitter"        TEXT NOT NULL DEFAULT '',
  -- Of the document within its message: jobs of one owner are printed in the order of the mail.
  "position"         INTEGER NOT NULL,
  "file_name"        TEXT NOT NULL,
  "document_format"  TEXT NOT NULL,
  "pages"            INTEGER NOT NULL,
  "size_bytes"       BIGINT NOT NULL,
  "sha256"           TEXT NOT NULL,
  -- IPP's print-color-mode, sides, copies, media and page-ranges, and whose choice they are.
  "color_mode"           TEXT NOT NULL CHECK ("color_mode" IN ('color', 'monochrome')),
  "sides"                TEXT NOT NULL CHECK ("sides" IN ('one-sided', 'two-sided-long-edge', 'two-sided-short-edge')),
  "copies"               INTEGER NOT NULL CHECK ("copies" BETWEEN 1 AND 999),
  "media"                TEXT NOT NULL,
  "page_ranges"          TEXT NOT NULL,
  "finishing_decided_by" TEXT NOT NULL CHECK ("finishing_decided_by" IN ('general', 'mailbox', 'submitter', 'owner', 'administrator')),
  -- Options that the printer can't do, by their names: colorMode, sides, copies, media, pageRanges.
  "not_applied"          TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  -- What came out: sides of paper with something on them, sheets, and whether the printer counted them; NULL: it is not printed.
  "impressions"      INTEGER,
  "sheets"           INTEGER,
  "counted_by"       TEXT CHECK ("counted_by" IN ('printer', 'pages')),
  -- The owner's groups as the directory named them, and the one that prices go by; empty: none.
  "owner_groups"     TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "user_group"       TEXT NOT NULL DEFAULT '',
  -- Thousandths of the currency: an estimate until it is printed, then what was charged, and by which tariff.
  "price"            BIGINT NOT NULL DEFAULT 0,
  "tariff_id"        TEXT NOT NULL DEFAULT '',
  -- What its owner is asked before it is released; empty: nothing. And the options that a filter decided: colorMode, sides.
  "question"         TEXT NOT NULL DEFAULT '',
  "forced"           TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "job_state"        TEXT NOT NULL CHECK ("job_state" IN ('pending-held', 'pending', 'processing', 'processing-stopped', 'completed', 'canceled', 'aborted')),
  "job_state_reason" TEXT NOT NULL,
  "problem"          TEXT NOT NULL DEFAULT '',
  -- Deliveries begun; the number is part of the name that the printer knows a delivery by.
  "attempts"         INTEGER NOT NULL DEFAULT 0,
  -- Deliveries that broke off within the document.
  "cuts"             INTEGER NOT NULL DEFAULT 0,
  -- The last reason for waiting that the journey was told: it is told once.
  "told_reason"      TEXT NOT NULL DEFAULT '',
  -- W3C traceparent of the mail, so that the delivery is part of its trace.
  "trace"            TEXT NOT NULL DEFAULT '',
  "created_at"       TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "job_hold_until"   TIMESTAMPTZ(3),
  -- When a held job is looked at next: to tell its owner that it will expire, then to expire it.
  "hold_due_at"      TIMESTAMPTZ(3),
  "released_at"      TIMESTAMPTZ(3),
  "accepted_at"      TIMESTAMPTZ(3),
  "completed_at"     TIMESTAMPTZ(3),
  -- Until then its document is claimed, to be printed once more; NULL: it is not kept.
  "kept_until"       TIMESTAMPTZ(3),
  -- The job whose document it prints once more, under an id of its own.
  "reprint_of"       UUID
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "job_unfinished" ON "job" ("queue_id", "job_state", "released_at") WHERE "completed_at" IS NULL;
CREATE INDEX "job_unfinished_account" ON "job" ("account_id") WHERE "completed_at" IS NULL;
-- What a group released and has not on paper yet: few, whatever waits.
CREATE INDEX "job_on_its_way_group" ON "job" ("user_group") WHERE "completed_at" IS NULL AND "job_state" <> 'pending-held' AND "user_group" <> '';
CREATE INDEX "job_unfinished_address" ON "job" ("owner_address") WHERE "completed_at" IS NULL;
CREATE INDEX "job_hold_due" ON "job" ("hold_due_at") WHERE "job_state" = 'pending-held';
CREATE INDEX "job_created_at_idx" ON "job" ("created_at", "id");
CREATE INDEX "job_account_idx" ON "job" ("account_id", "created_at", "id");
CREATE INDEX "job_queue_idx" ON "job" ("queue_id", "created_at", "id");
CREATE INDEX "job_mailbox_idx" ON "job" ("mailbox_id", "created_at", "id");
CREATE INDEX "job_finished" ON "job" ("job_state", "created_at", "id") WHERE "completed_at" IS NOT NULL;

-- A delivery under way: the intent before the act. Its row goes when the outcome is known.
-- creating: Create-Job may have been sent; sending: the document may be leaving as printer_job_id; following: the printer has it all.
CREATE TABLE "delivery" (
  "job_id"         UUID PRIMARY KEY REFERENCES "job" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  "queue_id"       TEXT NOT NULL,
  -- Whoever holds another token was overtaken and changes nothing more.
  "lease_token"    UUID NOT NULL,
  "attempt"        INTEGER NOT NULL,
  "phase"          TEXT NOT NULL CHECK ("phase" IN ('creating', 'sending', 'following')),
  "printer_uri"    TEXT NOT NULL,
  "printer_job_id" INTEGER,
  "sent_bytes"     BIGINT,
  "sent_sha256"    TEXT,
  -- What the document was made for a printer that takes no PDF, and the SHA-256 of that; NULL: it goes as it is.
  "converted_to"     TEXT,
  "converted_sha256" TEXT
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "delivery_queue_id_idx" ON "delivery" ("queue_id");

-- The server used for sending documents (SKY-046 to SKY-051), one row; none: they are printed here.
CREATE TABLE "sending_server" (
  "only_row"              BOOLEAN PRIMARY KEY DEFAULT true CHECK ("only_row"),
  "address"               TEXT NOT NULL,
  "port"                  INTEGER NOT NULL CHECK ("port" BETWEEN 1 AND 65535),
  "secure"                BOOLEAN NOT NULL,
  "account"               TEXT NOT NULL,
  "sealed_password"       BYTEA NOT NULL,
  -- PEM of an authority to trust besides the system's, and of the only one that is trusted; empty: none.
  "certificate_authority" TEXT NOT NULL,
  "pinned_certificate"    TEXT NOT NULL,
  -- Where it prints there: a queue, a place, or (both empty) each mailbox's own queue.
  "queue_id"              TEXT NOT NULL,
  "location"              TEXT NOT NULL CHECK ("queue_id" = '' OR "location" = ''),
  -- Guests are made there of addresses that nobody there knows.
  "create_guests"         BOOLEAN NOT NULL,
  "changed_at"            TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "version"               INTEGER NOT NULL DEFAULT 1
);

-- One row: grows with each change of the server used for sending documents, also when it is deleted. The statements that make jobs name it.
CREATE TABLE "sending_revision" (
  "only_row" BOOLEAN PRIMARY KEY DEFAULT true CHECK ("only_row"),
  "revision" INTEGER NOT NULL DEFAULT 1
);
INSERT INTO "sending_revision" DEFAULT VALUES;

-- A job that another server prints: the intent before the act, and then what it is there.
CREATE TABLE "sent_job" (
  "job_id"           UUID PRIMARY KEY REFERENCES "job" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
  -- Of its mailbox: the queue there, where the settings name none.
  "mailbox_queue_id" TEXT NOT NULL,
  -- The installation that has it or may have it, and the account there that handed it in; empty: none has anything of it.
  "server_id"        TEXT NOT NULL DEFAULT '',
  "server_account"   TEXT NOT NULL DEFAULT '',
  -- Of the job there; NULL: no answer came yet.
  "there_job_id"     TEXT,
  -- When something is done about it next. Whoever does moves it on first, so that nobody else does the same.
  "due_at"           TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "sent_job_due_at_idx" ON "sent_job" ("due_at");

-- Live codes, keyed-hashed; a code opens all waiting documents of its account and goes with the last of them.
CREATE TABLE "puk" (
  "code_hash"  BYTEA PRIMARY KEY,
  "account_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "puk_account_id_idx" ON "puk" ("account_id");

-- Who asked for new codes, by address and by network: until when there are none.
CREATE TABLE "code_request" (
  "subject"     TEXT PRIMARY KEY,
  "empty_until" TIMESTAMPTZ(3) NOT NULL
);
CREATE INDEX "code_request_empty_until_idx" ON "code_request" ("empty_until");

-- Accounts that are no more: erased, or another's by now (the account that a guest was merged into). What comes late for them is not made a job of theirs.
CREATE TABLE "former_account" (
  "account_id"      TEXT PRIMARY KEY,
  "noted_at"        TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- NULL: erased.
  "into_account_id" TEXT,
  "directory"       TEXT NOT NULL DEFAULT '',
  "address"         TEXT NOT NULL DEFAULT '',
  "display_name"    TEXT NOT NULL DEFAULT '',
  "language"        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX "former_account_into_account_id_idx" ON "former_account" ("into_account_id");
CREATE INDEX "former_account_noted_at_idx" ON "former_account" ("noted_at");

-- Wrong codes, counted per release point and, in the rows 'trusted' and 'untrusted', for all of a kind.
CREATE TABLE "wrong_codes" (
  "scope"           TEXT PRIMARY KEY,
  "in_a_row"        INTEGER NOT NULL DEFAULT 0,
  "in_window"       INTEGER NOT NULL DEFAULT 0,
  "window_began_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "locked_until"    TIMESTAMPTZ(3),
  "last_right_at"   TIMESTAMPTZ(3),
  "used_at"         TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
) WITH (fillfactor = 50);
CREATE INDEX "wrong_codes_used_at_idx" ON "wrong_codes" ("used_at");
INSERT INTO "wrong_codes" ("scope") VALUES ('trusted'), ('untrusted');

-- One row: how prints are charged. Its version grows with each change of what stands here, of tariffs, filters and quotas, and of who has a balance.
CREATE TABLE "charging" (
  "only_row"    BOOLEAN PRIMARY KEY DEFAULT true CHECK ("only_row"),
  -- ISO 4217.
  "currency"    TEXT NOT NULL DEFAULT 'EUR',
  -- By which days, weeks and months begin.
  "time_zone"   TEXT NOT NULL DEFAULT 'Europe/Paris',
  -- Of several groups a person is charged as a member of the first of these.
  "group_order" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "version"     INTEGER NOT NULL DEFAULT 1
);
INSERT INTO "charging" DEFAULT VALUES;

-- What a print costs; an empty condition matches any. A queue may be gone: then it matches nothing.
CREATE TABLE "tariff" (
  "id"             TEXT PRIMARY KEY,
  "name"           TEXT NOT NULL,
  "media"          TEXT NOT NULL DEFAULT '',
  "color_mode"     TEXT NOT NULL DEFAULT '' CHECK ("color_mode" IN ('', 'color', 'monochrome')),
  "sides"          TEXT NOT NULL DEFAULT '' CHECK ("sides" IN ('', 'one-sided', 'two-sided')),
  "queue_id"       TEXT NOT NULL DEFAULT '',
  "user_group"     TEXT NOT NULL DEFAULT '',
  "per_job"        BIGINT NOT NULL DEFAULT 0 CHECK ("per_job" >= 0),
  "per_sheet"      BIGINT NOT NULL DEFAULT 0 CHECK ("per_sheet" >= 0),
  "per_impression" BIGINT NOT NULL DEFAULT 0 CHECK ("per_impression" >= 0),
  -- It is looked at by no print: a tariff of the domain's master is for the very same ones.
  "resting"        BOOLEAN NOT NULL DEFAULT false
);
-- Two tariffs for the same prints would leave open which holds.
CREATE UNIQUE INDEX "tariff_conditions_key" ON "tariff" ("media", "color_mode", "sides", "queue_id", "user_group") WHERE NOT "resting";

-- Rules over prints, in the order of their position; conditions and action as FilterConditions and FilterAction.
CREATE TABLE "filter" (
  "id"         TEXT PRIMARY KEY,
  "name"       TEXT NOT NULL,
  "enabled"    BOOLEAN NOT NULL,
  "position"   INTEGER NOT NULL,
  "conditions" JSONB NOT NULL,
  "action"     JSONB NOT NULL
);

-- How much may be printed in a time.
CREATE TABLE "quota" (
  "id"      TEXT PRIMARY KEY,
  "name"    TEXT NOT NULL,
  "scope"   TEXT NOT NULL CHECK ("scope" IN ('everyone', 'members', 'group', 'account')),
  -- A group's name or an account's id.
  "subject" TEXT NOT NULL DEFAULT '' CHECK (("subject" = '') = ("scope" = 'everyone')),
  "unit"    TEXT NOT NULL CHECK ("unit" IN ('impressions', 'money')),
  "period"  TEXT NOT NULL CHECK ("period" IN ('day', 'week', 'month')),
  "amount"  BIGINT NOT NULL CHECK ("amount" >= 0),
  "mode"    TEXT NOT NULL CHECK ("mode" IN ('off', 'warn', 'refuse'))
);

-- What people and groups have left, in thousandths of the currency: the sum of their bookings. The account with the empty name is everybody who has no row:
-- its amount is what each begins with.
CREATE TABLE "balance" (
  "kind"      TEXT NOT NULL CHECK ("kind" IN ('account', 'group')),
  "name"      TEXT NOT NULL CHECK ("name" <> '' OR "kind" = 'account'),
  "mode"      TEXT NOT NULL CHECK ("mode" IN ('off', 'warn', 'refuse')),
  "amount"    BIGINT NOT NULL DEFAULT 0,
  "overdraft" BIGINT NOT NULL DEFAULT 0 CHECK ("overdraft" >= 0),
  PRIMARY KEY ("kind", "name")
) WITH (fillfactor = 80);

-- What was charged, given back and paid in; only added to. A print is booked once, and given back once.
CREATE TABLE "booking" (
  "id"          UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  "kind"        TEXT NOT NULL CHECK ("kind" IN ('print', 'refund', 'manual')),
  -- Whose balance it changed; empty: nobody's.
  "payer_kind"  TEXT NOT NULL DEFAULT '' CHECK ("payer_kind" IN ('', 'account', 'group')),
  "payer"       TEXT NOT NULL DEFAULT '',
  -- Negative: charged.
  "amount"      BIGINT NOT NULL,
  "job_id"      UUID CHECK (("job_id" IS NULL) = ("kind" = 'manual')),
  "account_id"  TEXT NOT NULL DEFAULT '',
  "user_group"  TEXT NOT NULL DEFAULT '',
  "impressions" INTEGER NOT NULL DEFAULT 0,
  "sheets"      INTEGER NOT NULL DEFAULT 0,
  "tariff_id"   TEXT NOT NULL DEFAULT '',
  "actor"       TEXT NOT NULL DEFAULT '',
  "reason"      TEXT NOT NULL DEFAULT '',
  "booked_at"   TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE UNIQUE INDEX "booking_job_id_kind_key" ON "booking" ("job_id", "kind");
CREATE INDEX "booking_payer_idx" ON "booking" ("payer_kind", "payer", "booked_at", "id");
CREATE INDEX "booking_account_id_idx" ON "booking" ("account_id");
CREATE INDEX "booking_booked_at_id_idx" ON "booking" ("booked_at", "id");

-- What people and groups printed on a day of charging's time zone, for quotas.
CREATE TABLE "usage_day" (
  "kind"        TEXT NOT NULL CHECK ("kind" IN ('account', 'group')),
  "name"        TEXT NOT NULL,
  "day"         DATE NOT NULL,
  "impressions" BIGINT NOT NULL,
  "money"       BIGINT NOT NULL,
  PRIMARY KEY ("kind", "name", "day")
) WITH (fillfactor = 70);
CREATE INDEX "usage_day_day_idx" ON "usage_day" ("day");

-- Ends a statement that moved fewer jobs than it was meant to: somebody else was faster, and nothing of it may stand.
CREATE FUNCTION "require_rows"("moved" BIGINT, "wanted" BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF moved IS DISTINCT FROM wanted THEN
    RAISE EXCEPTION 'moved % of % rows', moved, wanted USING ERRCODE = 'IK001';
  END IF;
  RETURN true;
END $$;

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
  PERFORM flow.publish_by_relay(gen_random_uuid(), jsonb_build_array(jsonb_build_object('subject', 'print.object-changed.v1', 'payload',
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

CREATE TRIGGER shared_location AFTER INSERT OR UPDATE OR DELETE ON "location"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('location', 'id', 'object', '{path}');
CREATE TRIGGER shared_queue AFTER INSERT OR UPDATE OR DELETE ON "queue"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('queue', 'id', 'object', '{version,created_at}');
CREATE TRIGGER shared_queue_group AFTER INSERT OR UPDATE OR DELETE ON "queue_group"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('queue-group', 'id', 'object', '{version,created_at}');
CREATE TRIGGER shared_tariff AFTER INSERT OR UPDATE OR DELETE ON "tariff"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('tariff', 'id', 'object', '{}');
CREATE TRIGGER shared_filter AFTER INSERT OR UPDATE OR DELETE ON "filter"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('filter', 'id', 'object', '{}');
CREATE TRIGGER shared_release_profile AFTER INSERT OR UPDATE OR DELETE ON "release_profile"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('release-profile', 'id', 'object', '{is_default,version,created_at}');
CREATE TRIGGER shared_release_assignment AFTER INSERT OR UPDATE OR DELETE ON "release_assignment"
  FOR EACH ROW EXECUTE FUNCTION note_object_change('release-profile', 'profile_id', 'part', '{id}');
CREATE TRIGGER shared_default_release_profile AFTER UPDATE ON "release_profile"
  FOR EACH ROW WHEN (OLD."is_default" <> NEW."is_default") EXECUTE FUNCTION note_object_change('default-release-profile', '=default', 'part', '{}');
