-- Apache Guacamole's PostgreSQL schema, version 1.6.0, for the database of one machine.
--
-- Types, names, uniqueness and delete rules are Guacamole's own, down to the constraint names, because its upgrade scripts alter
-- constraints by name: a real Guacamole can be pointed at this database and later upgrade it.
-- What Guacamole's installer does and this file does not: create guacadmin/guacadmin. A password that everybody knows is a way in,
-- even where people log in through OIDC.
--
-- Applied in one transaction by schema.ts, which also writes the marker that says it is complete.

CREATE TYPE guacamole_entity_type AS ENUM ('USER', 'USER_GROUP');
CREATE TYPE guacamole_connection_group_type AS ENUM ('ORGANIZATIONAL', 'BALANCING');
CREATE TYPE guacamole_object_permission_type AS ENUM ('READ', 'UPDATE', 'DELETE', 'ADMINISTER');
CREATE TYPE guacamole_proxy_encryption_method AS ENUM ('NONE', 'SSL');
CREATE TYPE guacamole_system_permission_type AS ENUM (
  'CREATE_CONNECTION', 'CREATE_CONNECTION_GROUP', 'CREATE_SHARING_PROFILE', 'CREATE_USER', 'CREATE_USER_GROUP',
  'AUDIT',              -- since 1.6.0, and the only thing that 1.6.0 added
  'ADMINISTER'
);

------------------------------------------------------------------------------------------------------------------------
-- Who: users and groups share one list of names and one set of permission tables through the entity
------------------------------------------------------------------------------------------------------------------------

CREATE TABLE guacamole_entity (
  entity_id serial PRIMARY KEY,
  name      varchar(128) NOT NULL,
  type      guacamole_entity_type NOT NULL,
  CONSTRAINT guacamole_entity_name_scope UNIQUE (type, name)
);

CREATE TABLE guacamole_user (
  user_id             serial PRIMARY KEY,
  entity_id           integer NOT NULL,
  password_hash       bytea NOT NULL,
  password_salt       bytea,                          -- NULL: the hash is unsalted
  password_date       timestamptz NOT NULL,
  disabled            boolean NOT NULL DEFAULT false,
  expired             boolean NOT NULL DEFAULT false,
  access_window_start time,                           -- this and the next three are read in "timezone"
  access_window_end   time,
  valid_from          date,
  valid_until         date,
  timezone            varchar(64),
  full_name           varchar(256),
  email_address       varchar(256),
  organization        varchar(256),
  organizational_role varchar(256),
  CONSTRAINT guacamole_user_single_entity UNIQUE (entity_id),
  CONSTRAINT guacamole_user_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);

CREATE TABLE guacamole_user_group (
  user_group_id serial PRIMARY KEY,
  entity_id     integer NOT NULL,
  disabled      boolean NOT NULL DEFAULT false,
  CONSTRAINT guacamole_user_group_single_entity UNIQUE (entity_id),
  CONSTRAINT guacamole_user_group_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);

-- A member is an entity: a user, or a group inside the group.
CREATE TABLE guacamole_user_group_member (
  user_group_id    integer NOT NULL,
  member_entity_id integer NOT NULL,
  PRIMARY KEY (user_group_id, member_entity_id),
  CONSTRAINT guacamole_user_group_member_parent FOREIGN KEY (user_group_id) REFERENCES guacamole_user_group ON DELETE CASCADE,
  CONSTRAINT guacamole_user_group_member_entity FOREIGN KEY (member_entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);

CREATE TABLE guacamole_user_password_history (
  password_history_id serial PRIMARY KEY,
  user_id             integer NOT NULL,
  password_hash       bytea NOT NULL,
  password_salt       bytea,
  password_date       timestamptz NOT NULL,
  CONSTRAINT guacamole_user_password_history_ibfk_1 FOREIGN KEY (user_id) REFERENCES guacamole_user ON DELETE CASCADE
);
CREATE INDEX guacamole_user_password_history_user_id ON guacamole_user_password_history (user_id);

------------------------------------------------------------------------------------------------------------------------
-- What: a tree of groups with connections in it, and the ways to share one
------------------------------------------------------------------------------------------------------------------------

-- parent_id NULL is the root, where the UNIQUE does not hold: NULLs differ from each other, so the root may carry two groups of one
-- name. Guacamole lives with that, so this file must too.
CREATE TABLE guacamole_connection_group (
  connection_group_id      serial PRIMARY KEY,
  parent_id                integer,
  connection_group_name    varchar(128) NOT NULL,
  type                     guacamole_connection_group_type NOT NULL DEFAULT 'ORGANIZATIONAL',
  max_connections          integer,
  max_connections_per_user integer,
  enable_session_affinity  boolean NOT NULL DEFAULT false,
  CONSTRAINT connection_group_name_parent UNIQUE (connection_group_name, parent_id),
  CONSTRAINT guacamole_connection_group_ibfk_1 FOREIGN KEY (parent_id) REFERENCES guacamole_connection_group ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_group_parent_id ON guacamole_connection_group (parent_id);

CREATE TABLE guacamole_connection (
  connection_id            serial PRIMARY KEY,
  connection_name          varchar(128) NOT NULL,
  parent_id                integer,
  protocol                 varchar(32) NOT NULL,
  max_connections          integer,
  max_connections_per_user integer,
  connection_weight        integer,                   -- below 1 disables the connection
  failover_only            boolean NOT NULL DEFAULT false,
  proxy_port               integer,                   -- proxy_*: a guacd of its own; each NULL falls back alone
  proxy_hostname           varchar(512),
  proxy_encryption_method  guacamole_proxy_encryption_method,
  CONSTRAINT connection_name_parent UNIQUE (connection_name, parent_id),
  CONSTRAINT guacamole_connection_ibfk_1 FOREIGN KEY (parent_id) REFERENCES guacamole_connection_group ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_parent_id ON guacamole_connection (parent_id);

CREATE TABLE guacamole_connection_parameter (
  connection_id   integer NOT NULL,
  parameter_name  varchar(128) NOT NULL,
  parameter_value varchar(4096) NOT NULL,
  PRIMARY KEY (connection_id, parameter_name),
  CONSTRAINT guacamole_connection_parameter_ibfk_1 FOREIGN KEY (connection_id) REFERENCES guacamole_connection ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_parameter_connection_id ON guacamole_connection_parameter (connection_id);

CREATE TABLE guacamole_sharing_profile (
  sharing_profile_id    serial PRIMARY KEY,
  sharing_profile_name  varchar(128) NOT NULL,
  primary_connection_id integer NOT NULL,
  CONSTRAINT sharing_profile_name_primary UNIQUE (sharing_profile_name, primary_connection_id),
  CONSTRAINT guacamole_sharing_profile_ibfk_1 FOREIGN KEY (primary_connection_id) REFERENCES guacamole_connection ON DELETE CASCADE
);
CREATE INDEX guacamole_sharing_profile_primary_connection_id ON guacamole_sharing_profile (primary_connection_id);

CREATE TABLE guacamole_sharing_profile_parameter (
  sharing_profile_id integer NOT NULL,
  parameter_name     varchar(128) NOT NULL,
  parameter_value    varchar(4096) NOT NULL,
  PRIMARY KEY (sharing_profile_id, parameter_name),
  CONSTRAINT guacamole_sharing_profile_parameter_ibfk_1 FOREIGN KEY (sharing_profile_id)
    REFERENCES guacamole_sharing_profile ON DELETE CASCADE
);
CREATE INDEX guacamole_sharing_profile_parameter_sharing_profile_id ON guacamole_sharing_profile_parameter (sharing_profile_id);

------------------------------------------------------------------------------------------------------------------------
-- Attributes: name and value pairs that other Guacamole extensions keep on an object
------------------------------------------------------------------------------------------------------------------------

CREATE TABLE guacamole_user_attribute (
  user_id         integer NOT NULL,
  attribute_name  varchar(128) NOT NULL,
  attribute_value varchar(4096) NOT NULL,
  PRIMARY KEY (user_id, attribute_name),
  CONSTRAINT guacamole_user_attribute_ibfk_1 FOREIGN KEY (user_id) REFERENCES guacamole_user ON DELETE CASCADE
);
CREATE INDEX guacamole_user_attribute_user_id ON guacamole_user_attribute (user_id);

CREATE TABLE guacamole_user_group_attribute (
  user_group_id   integer NOT NULL,
  attribute_name  varchar(128) NOT NULL,
  attribute_value varchar(4096) NOT NULL,
  PRIMARY KEY (user_group_id, attribute_name),
  CONSTRAINT guacamole_user_group_attribute_ibfk_1 FOREIGN KEY (user_group_id) REFERENCES guacamole_user_group ON DELETE CASCADE
);
CREATE INDEX guacamole_user_group_attribute_user_group_id ON guacamole_user_group_attribute (user_group_id);

CREATE TABLE guacamole_connection_attribute (
  connection_id   integer NOT NULL,
  attribute_name  varchar(128) NOT NULL,
  attribute_value varchar(4096) NOT NULL,
  PRIMARY KEY (connection_id, attribute_name),
  CONSTRAINT guacamole_connection_attribute_ibfk_1 FOREIGN KEY (connection_id) REFERENCES guacamole_connection ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_attribute_connection_id ON guacamole_connection_attribute (connection_id);

CREATE TABLE guacamole_connection_group_attribute (
  connection_group_id integer NOT NULL,
  attribute_name      varchar(128) NOT NULL,
  attribute_value     varchar(4096) NOT NULL,
  PRIMARY KEY (connection_group_id, attribute_name),
  CONSTRAINT guacamole_connection_group_attribute_ibfk_1 FOREIGN KEY (connection_group_id)
    REFERENCES guacamole_connection_group ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_group_attribute_connection_group_id ON guacamole_connection_group_attribute (connection_group_id);

CREATE TABLE guacamole_sharing_profile_attribute (
  sharing_profile_id integer NOT NULL,
  attribute_name     varchar(128) NOT NULL,
  attribute_value    varchar(4096) NOT NULL,
  PRIMARY KEY (sharing_profile_id, attribute_name),
  CONSTRAINT guacamole_sharing_profile_attribute_ibfk_1 FOREIGN KEY (sharing_profile_id)
    REFERENCES guacamole_sharing_profile ON DELETE CASCADE
);
CREATE INDEX guacamole_sharing_profile_attribute_sharing_profile_id ON guacamole_sharing_profile_attribute (sharing_profile_id);

------------------------------------------------------------------------------------------------------------------------
-- May: one row a verb; entity_id is who holds the permission, the other id is what it is about
------------------------------------------------------------------------------------------------------------------------

CREATE TABLE guacamole_system_permission (
  entity_id  integer NOT NULL,
  permission guacamole_system_permission_type NOT NULL,
  PRIMARY KEY (entity_id, permission),
  CONSTRAINT guacamole_system_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_system_permission_entity_id ON guacamole_system_permission (entity_id);

CREATE TABLE guacamole_connection_permission (
  entity_id     integer NOT NULL,
  connection_id integer NOT NULL,
  permission    guacamole_object_permission_type NOT NULL,
  PRIMARY KEY (entity_id, connection_id, permission),
  CONSTRAINT guacamole_connection_permission_ibfk_1 FOREIGN KEY (connection_id) REFERENCES guacamole_connection ON DELETE CASCADE,
  CONSTRAINT guacamole_connection_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_permission_connection_id ON guacamole_connection_permission (connection_id);
CREATE INDEX guacamole_connection_permission_entity_id ON guacamole_connection_permission (entity_id);

CREATE TABLE guacamole_connection_group_permission (
  entity_id           integer NOT NULL,
  connection_group_id integer NOT NULL,
  permission          guacamole_object_permission_type NOT NULL,
  PRIMARY KEY (entity_id, connection_group_id, permission),
  CONSTRAINT guacamole_connection_group_permission_ibfk_1 FOREIGN KEY (connection_group_id)
    REFERENCES guacamole_connection_group ON DELETE CASCADE,
  CONSTRAINT guacamole_connection_group_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_connection_group_permission_connection_group_id ON guacamole_connection_group_permission (connection_group_id);
CREATE INDEX guacamole_connection_group_permission_entity_id ON guacamole_connection_group_permission (entity_id);

CREATE TABLE guacamole_sharing_profile_permission (
  entity_id          integer NOT NULL,
  sharing_profile_id integer NOT NULL,
  permission         guacamole_object_permission_type NOT NULL,
  PRIMARY KEY (entity_id, sharing_profile_id, permission),
  CONSTRAINT guacamole_sharing_profile_permission_ibfk_1 FOREIGN KEY (sharing_profile_id)
    REFERENCES guacamole_sharing_profile ON DELETE CASCADE,
  CONSTRAINT guacamole_sharing_profile_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_sharing_profile_permission_sharing_profile_id ON guacamole_sharing_profile_permission (sharing_profile_id);
CREATE INDEX guacamole_sharing_profile_permission_entity_id ON guacamole_sharing_profile_permission (entity_id);

-- affected_user_id is a user_id, unlike entity_id beside it. On a young database both count from 1, so a mix-up passes the keys.
CREATE TABLE guacamole_user_permission (
  entity_id        integer NOT NULL,
  affected_user_id integer NOT NULL,
  permission       guacamole_object_permission_type NOT NULL,
  PRIMARY KEY (entity_id, affected_user_id, permission),
  CONSTRAINT guacamole_user_permission_ibfk_1 FOREIGN KEY (affected_user_id) REFERENCES guacamole_user ON DELETE CASCADE,
  CONSTRAINT guacamole_user_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_user_permission_affected_user_id ON guacamole_user_permission (affected_user_id);
CREATE INDEX guacamole_user_permission_entity_id ON guacamole_user_permission (entity_id);

CREATE TABLE guacamole_user_group_permission (
  entity_id              integer NOT NULL,
  affected_user_group_id integer NOT NULL,
  permission             guacamole_object_permission_type NOT NULL,
  PRIMARY KEY (entity_id, affected_user_group_id, permission),
  CONSTRAINT guacamole_user_group_permission_affected_user_group FOREIGN KEY (affected_user_group_id)
    REFERENCES guacamole_user_group ON DELETE CASCADE,
  CONSTRAINT guacamole_user_group_permission_entity FOREIGN KEY (entity_id) REFERENCES guacamole_entity ON DELETE CASCADE
);
CREATE INDEX guacamole_user_group_permission_affected_user_group_id ON guacamole_user_group_permission (affected_user_group_id);
CREATE INDEX guacamole_user_group_permission_entity_id ON guacamole_user_group_permission (entity_id);

------------------------------------------------------------------------------------------------------------------------
-- When: history outlives what it tells about (SET NULL), which is why it repeats the names
------------------------------------------------------------------------------------------------------------------------

CREATE TABLE guacamole_connection_history (
  history_id           serial PRIMARY KEY,
  user_id              integer,
  username             varchar(128) NOT NULL,
  remote_host          varchar(256) DEFAULT NULL,
  connection_id        integer,
  connection_name      varchar(128) NOT NULL,
  sharing_profile_id   integer,
  sharing_profile_name varchar(128) DEFAULT NULL,
  start_date           timestamptz NOT NULL,
  end_date             timestamptz,                   -- NULL: the session is open, or Guacamole died during it
  CONSTRAINT guacamole_connection_history_ibfk_1 FOREIGN KEY (user_id) REFERENCES guacamole_user ON DELETE SET NULL,
  CONSTRAINT guacamole_connection_history_ibfk_2 FOREIGN KEY (connection_id) REFERENCES guacamole_connection ON DELETE SET NULL,
  CONSTRAINT guacamole_connection_history_ibfk_3 FOREIGN KEY (sharing_profile_id)
    REFERENCES guacamole_sharing_profile ON DELETE SET NULL
);
CREATE INDEX guacamole_connection_history_user_id ON guacamole_connection_history (user_id);
CREATE INDEX guacamole_connection_history_connection_id ON guacamole_connection_history (connection_id);
CREATE INDEX guacamole_connection_history_sharing_profile_id ON guacamole_connection_history (sharing_profile_id);
CREATE INDEX guacamole_connection_history_start_date ON guacamole_connection_history (start_date);
CREATE INDEX guacamole_connection_history_end_date ON guacamole_connection_history (end_date);
CREATE INDEX guacamole_connection_history_connection_id_start_date ON guacamole_connection_history (connection_id, start_date);

CREATE TABLE guacamole_user_history (
  history_id  serial PRIMARY KEY,
  user_id     integer,
  username    varchar(128) NOT NULL,
  remote_host varchar(256) DEFAULT NULL,
  start_date  timestamptz NOT NULL,
  end_date    timestamptz,
  CONSTRAINT guacamole_user_history_ibfk_1 FOREIGN KEY (user_id) REFERENCES guacamole_user ON DELETE SET NULL
);
CREATE INDEX guacamole_user_history_user_id ON guacamole_user_history (user_id);
CREATE INDEX guacamole_user_history_start_date ON guacamole_user_history (start_date);
CREATE INDEX guacamole_user_history_end_date ON guacamole_user_history (end_date);
CREATE INDEX guacamole_user_history_user_id_start_date ON guacamole_user_history (user_id, start_date);
