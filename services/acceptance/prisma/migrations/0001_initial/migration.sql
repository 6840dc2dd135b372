-- Who may print by mail, and what was decided about each message. Run by the owner with search_path = acceptance.

-- The general conditions have the empty mailbox id, a mailbox's own its id.
CREATE TABLE conditions (
  mailbox_id            text PRIMARY KEY,
  accepted_domains      text[],
  accepted_addresses    text[],
  refused_domains       text[],
  refused_addresses     text[],
  user_creation_allowed boolean NOT NULL,
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

CREATE TABLE verdict (
  message_id uuid PRIMARY KEY,
  mailbox_id text NOT NULL,
  sender     text NOT NULL,
  verdict    text NOT NULL,
  rule       text NOT NULL,
  at         timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE INDEX verdict_at_idx ON verdict (at);
