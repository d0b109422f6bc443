/** A second description of Guacamole 1.6.0's PostgreSQL schema, independent of the SQL, for the test to compare. */
export interface Table {
  /** In order: name, type, "not null", default. "serial" stands for a not-null integer with its own sequence. */
  readonly columns: readonly string[];
  readonly primaryKey: string;
  /** Constraint name → columns. */
  readonly unique?: Readonly<Record<string, string>>;
  /** Constraint name → "column → table, effect of that row's deletion on this one". */
  readonly foreignKeys?: Readonly<Record<string, string>>;
  /** The columns of each index without a constraint; its name consists of the table's name and these. */
  readonly indexes?: readonly string[];
}

export const enums: Readonly<Record<string, string>> = {
  guacamole_entity_type: "USER, USER_GROUP",
  guacamole_connection_group_type: "ORGANIZATIONAL, BALANCING",
  guacamole_object_permission_type: "READ, UPDATE, DELETE, ADMINISTER",
  guacamole_system_permission_type:
    "CREATE_CONNECTION, CREATE_CONNECTION_GROUP, CREATE_SHARING_PROFILE, CREATE_USER, CREATE_USER_GROUP, AUDIT, ADMINISTER",
  guacamole_proxy_encryption_method: "NONE, SSL",
};

export const tables: Readonly<Record<string, Table>> = {
  guacamole_entity: {
    columns: ["entity_id serial", "name varchar(128) not null", "type guacamole_entity_type not null"],
    primaryKey: "entity_id",
    unique: { guacamole_entity_name_scope: "type, name" },
  },
  guacamole_user: {
    columns: [
      "user_id serial",
      "entity_id integer not null",
      "password_hash bytea not null",
      "password_salt bytea",
      "password_date timestamptz not null",
      "disabled boolean not null default false",
      "expired boolean not null default false",
      "access_window_start time",
      "access_window_end time",
      "valid_from date",
      "valid_until date",
      "timezone varchar(64)",
      "full_name varchar(256)",
      "email_address varchar(256)",
      "organization varchar(256)",
      "organizational_role varchar(256)",
    ],
    primaryKey: "user_id",
    unique: { guacamole_user_single_entity: "entity_id" },
    foreignKeys: { guacamole_user_entity: "entity_id → guacamole_entity, cascade" },
  },
  guacamole_user_group: {
    columns: ["user_group_id serial", "entity_id integer not null", "disabled boolean not null default false"],
    primaryKey: "user_group_id",
    unique: { guacamole_user_group_single_entity: "entity_id" },
    foreignKeys: { guacamole_user_group_entity: "entity_id → guacamole_entity, cascade" },
  },
  guacamole_user_group_member: {
    columns: ["user_group_id integer not null", "member_entity_id integer not null"],
    primaryKey: "user_group_id, member_entity_id",
    foreignKeys: {
      guacamole_user_group_member_parent: "user_group_id → guacamole_user_group, cascade",
      guacamole_user_group_member_entity: "member_entity_id → guacamole_entity(entity_id), cascade",
    },
  },
  guacamole_user_password_history: {
    columns: [
      "password_history_id serial",
      "user_id integer not null",
      "password_hash bytea not null",
      "password_salt bytea",
      "password_date timestamptz not null",
    ],
    primaryKey: "password_history_id",
    foreignKeys: { guacamole_user_password_history_ibfk_1: "user_id → guacamole_user, cascade" },
    indexes: ["user_id"],
  },
  guacamole_connection_group: {
    columns: [
      "connection_group_id serial",
      "parent_id integer",
      "connection_group_name varchar(128) not null",
      "type guacamole_connection_group_type not null default 'ORGANIZATIONAL'",
      "max_connections integer",
      "max_connections_per_user integer",
      "enable_session_affinity boolean not null default false",
    ],
    primaryKey: "connection_group_id",
    unique: { connection_group_name_parent: "connection_group_name, parent_id" },
    foreignKeys: {
      guacamole_connection_group_ibfk_1: "parent_id → guacamole_connection_group(connection_group_id), cascade",
    },
    indexes: ["parent_id"],
  },
  guacamole_connection: {
    columns: [
      "connection_id serial",
      "connection_name varchar(128) not null",
      "parent_id integer",
      "protocol varchar(32) not null",
      "max_connections integer",
      "max_connections_per_user integer",
      "connection_weight integer",
      "failover_only boolean not null default false",
      "proxy_port integer",
      "proxy_hostname varchar(512)",
      "proxy_encryption_method guacamole_proxy_encryption_method",
    ],
    primaryKey: "connection_id",
    unique: { connection_name_parent: "connection_name, parent_id" },
    foreignKeys: {
      guacamole_connection_ibfk_1: "parent_id → guacamole_connection_group(connection_group_id), cascade",
    },
    indexes: ["parent_id"],
  },
  guacamole_sharing_profile: {
    columns: [
      "sharing_profile_id serial",
      "sharing_profile_name varchar(128) not null",
      "primary_connection_id integer not null",
    ],
    primaryKey: "sharing_profile_id",
    unique: { sharing_profile_name_primary: "sharing_profile_name, primary_connection_id" },
    foreignKeys: {
      guacamole_sharing_profile_ibfk_1: "primary_connection_id → guacamole_connection(connection_id), cascade",
    },
    indexes: ["primary_connection_id"],
  },
  guacamole_connection_parameter: pairs("parameter", "connection_id", "guacamole_connection"),
  guacamole_sharing_profile_parameter: pairs("parameter", "sharing_profile_id", "guacamole_sharing_profile"),
  guacamole_user_attribute: pairs("attribute", "user_id", "guacamole_user"),
  guacamole_user_group_attribute: pairs("attribute", "user_group_id", "guacamole_user_group"),
  guacamole_connection_attribute: pairs("attribute", "connection_id", "guacamole_connection"),
  guacamole_connection_group_attribute: pairs("attribute", "connection_group_id", "guacamole_connection_group"),
  guacamole_sharing_profile_attribute: pairs("attribute", "sharing_profile_id", "guacamole_sharing_profile"),
  guacamole_system_permission: {
    columns: ["entity_id integer not null", "permission guacamole_system_permission_type not null"],
    primaryKey: "entity_id, permission",
    foreignKeys: { guacamole_system_permission_entity: "entity_id → guacamole_entity, cascade" },
    indexes: ["entity_id"],
  },
  guacamole_connection_permission: permission("guacamole_connection_permission", "connection_id", {
    guacamole_connection_permission_ibfk_1: "connection_id → guacamole_connection, cascade",
  }),
  guacamole_connection_group_permission: permission("guacamole_connection_group_permission", "connection_group_id", {
    guacamole_connection_group_permission_ibfk_1: "connection_group_id → guacamole_connection_group, cascade",
  }),
  guacamole_sharing_profile_permission: permission("guacamole_sharing_profile_permission", "sharing_profile_id", {
    guacamole_sharing_profile_permission_ibfk_1: "sharing_profile_id → guacamole_sharing_profile, cascade",
  }),
  guacamole_user_permission: permission("guacamole_user_permission", "affected_user_id", {
    guacamole_user_permission_ibfk_1: "affected_user_id → guacamole_user(user_id), cascade",
  }),
  guacamole_user_group_permission: permission("guacamole_user_group_permission", "affected_user_group_id", {
    guacamole_user_group_permission_affected_user_group:
      "affected_user_group_id → guacamole_user_group(user_group_id), cascade",
  }),
  guacamole_connection_history: {
    columns: [
      "history_id serial",
      "user_id integer",
      "username varchar(128) not null",
      "remote_host varchar(256) default NULL",
      "connection_id integer",
      "connection_name varchar(128) not null",
      "sharing_profile_id integer",
      "sharing_profile_name varchar(128) default NULL",
      "start_date timestamptz not null",
      "end_date timestamptz",
    ],
    primaryKey: "history_id",
    foreignKeys: {
      guacamole_connection_history_ibfk_1: "user_id → guacamole_user, set null",
      guacamole_connection_history_ibfk_2: "connection_id → guacamole_connection, set null",
      guacamole_connection_history_ibfk_3: "sharing_profile_id → guacamole_sharing_profile, set null",
    },
    indexes: ["user_id", "connection_id", "sharing_profile_id", "start_date", "end_date", "connection_id, start_date"],
  },
  guacamole_user_history: {
    columns: [
      "history_id serial",
      "user_id integer",
      "username varchar(128) not null",
      "remote_host varchar(256) default NULL",
      "start_date timestamptz not null",
      "end_date timestamptz",
    ],
    primaryKey: "history_id",
    foreignKeys: { guacamole_user_history_ibfk_1: "user_id → guacamole_user, set null" },
    indexes: ["user_id", "start_date", "end_date", "user_id, start_date"],
  },
};

/** A table of name-value pairs that belong to a row of `owner`. */
function pairs(what: "parameter" | "attribute", ownerId: string, owner: string): Table {
  return {
    columns: [
      `${ownerId} integer not null`,
      `${what}_name varchar(128) not null`,
      `${what}_value varchar(4096) not null`,
    ],
    primaryKey: `${ownerId}, ${what}_name`,
    foreignKeys: { [`${owner}_${what}_ibfk_1`]: `${ownerId} → ${owner}, cascade` },
    indexes: [ownerId],
  };
}

/** A table of an entity's permissions on an object. */
function permission(table: string, objectId: string, toObject: Record<string, string>): Table {
  return {
    columns: [
      "entity_id integer not null",
      `${objectId} integer not null`,
      "permission guacamole_object_permission_type not null",
    ],
    primaryKey: `entity_id, ${objectId}, permission`,
    foreignKeys: { ...toObject, [`${table}_entity`]: "entity_id → guacamole_entity, cascade" },
    indexes: [objectId, "entity_id"],
  };
}
