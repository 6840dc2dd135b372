-- Who may print by mail, and what was decided about each message. Run by the owner with search_path = acceptance.

-- The general conditions have the empty mailbox id, a mailbox's own its id.
CREATE TABLE conditions (
  mailbox_id            text PRIMARY KEY,
  accepted_domains      text[],
  accepted_addresses    text[],
  refused_domains       text[],
  refused_addresses     text[],
  -- What becomes of an accepted sender whom nobody knows (SKY-071), and who may vouch for one.
  unknown_sender        text NOT NULL CHECK (unknown_sender IN ('refuse', 'create', 'confirm', 'sponsor', 'hold')),
  sponsors              text[],
  -- The mailbox follows the general conditions; its own are kept for later.
  uses_default          boolean NOT NULL DEFAULT false CHECK (mailbox_id <> '' OR NOT uses_default),
  changed_at            timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by            text NOT NULL
);

-- Changed in the transaction of every change of conditions: its row lock puts concurrent changes in order.
CREATE TABLE conditions_revision (
  id       boolean PRIMARY KEY DEFAULT true CHECK (id),
  revision bigint NOT NULL DEFAULT 0
);
INSERT INTO conditions_revision DEFAULT VALUES;

-- The general settings have the empty mailbox id, a mailbox's own its id. mail-ingest begins with the same ones.
CREATE TABLE sender_authentication (
  mailbox_id      text PRIMARY KEY,
  mode            text NOT NULL CHECK (mode IN ('off', 'report', 'require')),
  trusted_servers text[],
  trusted_relays  text[],
  -- The mailbox follows the general settings; its own are kept for later.
  uses_default    boolean NOT NULL DEFAULT false CHECK (mailbox_id <> '' OR NOT uses_default),
  changed_at      timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by      text NOT NULL
);
INSERT INTO sender_authentication (mailbox_id, mode, trusted_servers, trusted_relays, changed_by) VALUES ('', 'report', '{}', '{127.0.0.0/8,::1}', '');

CREATE TABLE verdict (
  message_id           uuid PRIMARY KEY,
  mailbox_id           text NOT NULL,
  sender               text NOT NULL,
  verdict              text NOT NULL,
  -- Why it was refused; empty where it wasn't.
  reason               text NOT NULL DEFAULT '',
  rule                 text NOT NULL,
  authentication       text NOT NULL DEFAULT 'none',
  authentication_basis text NOT NULL DEFAULT '',
  at                   timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX verdict_at_idx ON verdict (at);
