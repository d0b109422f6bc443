-- The product's role in Guacamole's database: what it needs, and why. Run this file as the owner of Guacamole's tables, and
-- again after each upgrade of Guacamole. The role can only read guacamole_system_permission, so it cannot make anybody an
-- administrator.
--
-- Who runs it needs: to own the tables, or be a member of their owner; CREATEROLE, unless the role exists already; and to
-- own the schema, if not everybody may use it. This is checked before anything is changed.
--
--   psql --set ON_ERROR_STOP=1 --file role.sql "$OWNER_URL"
--   ALTER ROLE guacamole_workspaces PASSWORD '…';   -- or, with Entra authentication, create the role for the app's identity

DO $$
DECLARE
  tables_owner text := (
    SELECT pg_get_userbyid(relowner)
    FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = 'public' AND relname = 'guacamole_entity'
  );
  is_new boolean := NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guacamole_workspaces');
BEGIN
  IF tables_owner IS NULL THEN
    RAISE EXCEPTION 'role.sql: database % has no table public.guacamole_entity (connect to Guacamole''s database)',
      current_database();
  END IF;
  IF NOT pg_has_role(tables_owner, 'USAGE') THEN
    RAISE EXCEPTION 'role.sql: % does not own Guacamole''s tables (run this file as %)', current_user, tables_owner;
  END IF;
  IF is_new AND NOT (SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE EXCEPTION 'role.sql: % has no CREATEROLE (let an administrator run CREATE ROLE guacamole_workspaces LOGIN; then run this file again)',
      current_user;
  END IF;
  -- Without the grant option, GRANT only warns.
  IF NOT has_schema_privilege('public', 'USAGE WITH GRANT OPTION')
    AND NOT has_schema_privilege(CASE WHEN is_new THEN 'public' ELSE 'guacamole_workspaces' END, 'public', 'USAGE')
  THEN
    RAISE EXCEPTION 'role.sql: % may not grant the use of schema public (let an administrator run GRANT USAGE ON SCHEMA public TO %)',
      current_user, CASE WHEN is_new THEN 'PUBLIC' ELSE 'guacamole_workspaces' END;
  END IF;
END
$$;

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'guacamole_workspaces') THEN
    CREATE ROLE guacamole_workspaces LOGIN;
  END IF;
END
$$;

GRANT USAGE ON SCHEMA public TO guacamole_workspaces;

-- One user per desktop. Deleting the entity also deletes the user and all permissions.
GRANT SELECT, INSERT, DELETE ON guacamole_entity TO guacamole_workspaces;
-- UPDATE keeps valid_until in step with the binding.
GRANT SELECT, INSERT, UPDATE ON guacamole_user TO guacamole_workspaces;
-- One root group per workspace, removed when it is empty again.
GRANT SELECT, INSERT, DELETE ON guacamole_connection_group TO guacamole_workspaces;
-- The connection is updated in place, so that its id and its history are kept.
GRANT SELECT, INSERT, UPDATE, DELETE ON guacamole_connection TO guacamole_workspaces;
-- Parameters that are not ours are deleted: a stray enable-sftp would allow what the policy forbids.
GRANT SELECT, INSERT, UPDATE, DELETE ON guacamole_connection_parameter TO guacamole_workspaces;
-- READ is granted and revoked; permissions are never updated.
GRANT SELECT, INSERT, DELETE ON guacamole_connection_permission TO guacamole_workspaces;
GRANT SELECT, INSERT, DELETE ON guacamole_connection_group_permission TO guacamole_workspaces;
GRANT SELECT, INSERT, DELETE ON guacamole_user_permission TO guacamole_workspaces;

-- Retirement keeps a user who holds anything that we did not grant: these tables are only read.
GRANT SELECT ON guacamole_system_permission TO guacamole_workspaces;
GRANT SELECT ON guacamole_user_group_member TO guacamole_workspaces;
GRANT SELECT ON guacamole_user_group_permission TO guacamole_workspaces;
GRANT SELECT ON guacamole_sharing_profile_permission TO guacamole_workspaces;

-- Who is connected, and whether somebody who logged out is back.
GRANT SELECT ON guacamole_connection_history TO guacamole_workspaces;

-- New rows take their ids from these.
GRANT USAGE ON SEQUENCE guacamole_entity_entity_id_seq TO guacamole_workspaces;
GRANT USAGE ON SEQUENCE guacamole_user_user_id_seq TO guacamole_workspaces;
GRANT USAGE ON SEQUENCE guacamole_connection_group_connection_group_id_seq TO guacamole_workspaces;
GRANT USAGE ON SEQUENCE guacamole_connection_connection_id_seq TO guacamole_workspaces;
