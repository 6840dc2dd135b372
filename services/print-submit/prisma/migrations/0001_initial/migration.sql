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
  -- Where its jobs go instead: at once, or when their printer fails.
  "redirect_when"     TEXT NOT NULL DEFAULT 'never' CHECK ("redirect_when" IN ('never', 'fault', 'always')),
  "redirect_queue_id" TEXT REFERENCES "queue" ("id") ON DELETE RESTRICT ON UPDATE CASCADE CHECK (("redirect_when" = 'never') = ("redirect_queue_id" IS NULL)),
  -- Mail addresses of whom people turn to: $QUEUEADMIN and $QUEUESUPPORT (V-07).
  "administrators"    TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "support"           TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "version"           INTEGER NOT NULL DEFAULT 1,
  "created_at"        TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
ALTER TABLE "queue" ADD COLUMN "group_id" TEXT REFERENCES "queue_group" ("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "queue_group_id_idx" ON "queue" ("group_id");
CREATE INDEX "queue_group_redirect_queue_id_idx" ON "queue_group" ("redirect_queue_id");

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

-- How jobs look on paper: the general options have the empty mailbox id, a mailbox's own its id.
CREATE TABLE "finishing" (
  "mailbox_id"   TEXT PRIMARY KEY,
  "color_mode"   TEXT NOT NULL CHECK ("color_mode" IN ('color', 'monochrome')),
  "sides"        TEXT NOT NULL CHECK ("sides" IN ('one-sided', 'two-sided-long-edge', 'two-sided-short-edge')),
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
  -- Of the document within its message: jobs of one owner are printed in the order of the mail.
  "position"         INTEGER NOT NULL,
  "file_name"        TEXT NOT NULL,
  "document_format"  TEXT NOT NULL,
  "pages"            INTEGER NOT NULL,
  "size_bytes"       BIGINT NOT NULL,
  "sha256"           TEXT NOT NULL,
  -- IPP's print-color-mode and sides, and whose choice they are, from when the job was made.
  "color_mode"           TEXT NOT NULL CHECK ("color_mode" IN ('color', 'monochrome')),
  "sides"                TEXT NOT NULL CHECK ("sides" IN ('one-sided', 'two-sided-long-edge', 'two-sided-short-edge')),
  "finishing_decided_by" TEXT NOT NULL CHECK ("finishing_decided_by" IN ('general', 'mailbox')),
  -- Options that the printer can't do: colorMode, sides.
  "not_applied"          TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
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
  "completed_at"     TIMESTAMPTZ(3)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "job_unfinished" ON "job" ("queue_id", "job_state", "released_at") WHERE "completed_at" IS NULL;
CREATE INDEX "job_unfinished_account" ON "job" ("account_id") WHERE "completed_at" IS NULL;
CREATE INDEX "job_hold_due" ON "job" ("hold_due_at") WHERE "job_state" = 'pending-held';
CREATE INDEX "job_created_at_idx" ON "job" ("created_at", "id");
CREATE INDEX "job_account_idx" ON "job" ("account_id", "created_at", "id");

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
  "sent_sha256"    TEXT
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX "delivery_queue_id_idx" ON "delivery" ("queue_id");

-- Live codes, keyed-hashed; a code opens all waiting documents of its account and goes with the last of them.
CREATE TABLE "puk" (
  "code_hash"  BYTEA PRIMARY KEY,
  "account_id" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX "puk_account_id_idx" ON "puk" ("account_id");

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

-- Ends a statement that moved fewer jobs than it was meant to: somebody else was faster, and nothing of it may stand.
CREATE FUNCTION "require_rows"("moved" BIGINT, "wanted" BIGINT) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF moved IS DISTINCT FROM wanted THEN
    RAISE EXCEPTION 'moved % of % rows', moved, wanted USING ERRCODE = 'IK001';
  END IF;
  RETURN true;
END $$;
