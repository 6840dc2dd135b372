-- The outgoing mail server, the mails to people, and where to write to them. Run by the owner with search_path = notification.

CREATE TABLE outgoing_mail (
  id                    boolean PRIMARY KEY DEFAULT true CHECK (id),
  version               integer NOT NULL,
  host                  text NOT NULL,
  port                  integer NOT NULL,
  tls                   text NOT NULL CHECK (tls IN ('implicit', 'starttls', 'none')),
  "user"                text NOT NULL,
  sealed_password       bytea,
  from_address          text NOT NULL,
  from_name             text NOT NULL,
  language              text NOT NULL CHECK (language IN ('fr', 'en')),
  certificate_authority text NOT NULL,
  changed_at            timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by            text NOT NULL
);

-- The key is the flow's own id of a message, so that a message handled twice has one row. Half-filled pages keep the result's update cheap.
CREATE TABLE outgoing (
  flow_message_id     uuid PRIMARY KEY,
  journey_id          uuid NOT NULL,
  kind                text NOT NULL,
  recipient           text NOT NULL,
  internet_message_id text NOT NULL,
  state               text NOT NULL DEFAULT 'intent' CHECK (state IN ('intent', 'sent', 'failed')),
  tries               integer NOT NULL DEFAULT 1,
  answer              text,
  created_at          timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  settled_at          timestamptz(3)
) WITH (fillfactor = 70);
CREATE INDEX outgoing_created_at_idx ON outgoing (created_at);

CREATE TABLE notice_grant (
  address          text PRIMARY KEY,
  flow_message_ids uuid[],
  granted_at       timestamptz(3)[],
  last_at          timestamptz(3) NOT NULL
);
CREATE INDEX notice_grant_last_at_idx ON notice_grant (last_at);

CREATE TABLE contact (
  account_id   text PRIMARY KEY,
  address      text NOT NULL,
  display_name text NOT NULL,
  language     text NOT NULL,
  version      bigint NOT NULL,
  -- Told of anew from time to time while they send mails, and forgotten after.
  in_directory boolean NOT NULL DEFAULT false,
  confirmed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  -- A guest's who is somebody of a directory now: that account's contact counts.
  merged_into  text,
  erased_at    timestamptz(3)
);
CREATE INDEX contact_erased_at_idx ON contact (erased_at);
CREATE INDEX contact_merged_into_idx ON contact (merged_into);
CREATE INDEX contact_confirmed_at_idx ON contact (confirmed_at);

-- All addresses of the accounts: by any of them somebody is known.
CREATE TABLE contact_address (
  address    text NOT NULL,
  account_id text NOT NULL REFERENCES contact (account_id) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (address, account_id)
);
CREATE INDEX contact_address_account_id_idx ON contact_address (account_id);

-- What people are told of, and who is (V-07); no row: as Inkpost brings it along.
CREATE TABLE notification_event (
  event      text PRIMARY KEY,
  enabled    boolean NOT NULL,
  targets    text[] NOT NULL,
  changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by text NOT NULL
);

-- In which words; no row: in those that Inkpost brings along.
CREATE TABLE notification_template (
  event      text NOT NULL,
  language   text NOT NULL CHECK (language IN ('fr', 'en')),
  subject    text NOT NULL,
  title      text NOT NULL,
  text       text NOT NULL,
  changed_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  changed_by text NOT NULL,
  PRIMARY KEY (event, language)
);
