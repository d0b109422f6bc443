-- The product's role in Guacamole's database: what it needs, and why. Run this file as the owner of Guacamole's tables, and
-- again after each upgrade of Guacamole and of the product. It may run any number of times.
--
-- Permissions alone would let the role become Guacamole's administrator: who may set one user's password may set
-- guacadmin's. So triggers look at what it writes. They refuse, with 42501:
--
--   * to touch a user, or their permissions, who holds a system permission, also through groups;
--   * to set a password for anybody;
--   * to give anybody more than READ, or READ on anything but desktops' connections, their groups, and oneself;
--   * to change or remove a connection that is not a desktop's, or to let one lead elsewhere;
--   * to remove a user who holds anything else, or a group that contains anything else.
--
-- The triggers look at this role only, and at roles that are members of it, never at the tables' owner or at Guacamole's own
-- role. docs/security.md lists what somebody who steals the role still can do; test/database-role-attacks.test.ts tries it.
--
-- All that this file adds to Guacamole's tables is in the schema guacamole_workspaces. To take it away again, triggers
-- included: DROP SCHEMA guacamole_workspaces CASCADE.
--
-- Who runs it needs: to own the tables, or be a member of their owner; CREATEROLE, unless the role exists already; CREATE
-- on the database; and to own the schema public, if not everybody may use it. This is checked before anything is changed.
--
--   psql --set ON_ERROR_STOP=1 --file role.sql "$OWNER_URL"
--   ALTER ROLE guacamole_workspaces PASSWORD '…';
--   -- or, with Entra authentication, create a role for the app's identity, and: GRANT guacamole_workspaces TO that role

BEGIN;

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
  IF NOT has_database_privilege(current_database(), 'CREATE') AND to_regnamespace('guacamole_workspaces') IS NULL THEN
    RAISE EXCEPTION 'role.sql: % may not create schemas (let an administrator run GRANT CREATE ON DATABASE % TO %)',
      current_user, quote_ident(current_database()), current_user;
  END IF;
  IF (SELECT pg_get_userbyid(nspowner) FROM pg_namespace WHERE nspname = 'guacamole_workspaces') <> tables_owner THEN
    RAISE EXCEPTION 'role.sql: the schema guacamole_workspaces does not belong to % (find out who made it, and remove it)', tables_owner;
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

-- From here on as the owner: functions and views have the rights of who creates them.
DO $$
DECLARE
  tables_owner text := (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.guacamole_entity'::regclass);
BEGIN
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS guacamole_workspaces AUTHORIZATION %I', tables_owner);
  EXECUTE format('SET LOCAL ROLE %I', tables_owner);
END
$$;

SET LOCAL search_path = public;
SET LOCAL client_min_messages = warning;

-- Nothing stays that somebody granted before.
REVOKE ALL ON guacamole_entity, guacamole_connection_group, guacamole_connection, guacamole_connection_permission,
  guacamole_connection_group_permission, guacamole_user_permission, guacamole_sharing_profile FROM guacamole_workspaces;

-- One user per desktop. Deleting the entity also deletes the user and all permissions. UPDATE corrects the case of a name.
GRANT SELECT, INSERT, UPDATE, DELETE ON guacamole_entity TO guacamole_workspaces;
-- UPDATE keeps valid_until in step with the binding. Nobody's hash is read, and none is written that a password fits.
REVOKE ALL ON guacamole_user FROM guacamole_workspaces;
GRANT SELECT (user_id, entity_id, valid_until, timezone) ON guacamole_user TO guacamole_workspaces;
GRANT INSERT (entity_id, password_hash, password_salt, password_date, valid_until, timezone) ON guacamole_user TO guacamole_workspaces;
GRANT UPDATE (password_hash, password_salt, valid_until, timezone) ON guacamole_user TO guacamole_workspaces;
-- One root group per workspace, removed when it is empty again.
GRANT SELECT, INSERT, DELETE ON guacamole_connection_group TO guacamole_workspaces;
-- The connection is updated in place, so that its id and its history are kept.
GRANT SELECT, INSERT, UPDATE, DELETE ON guacamole_connection TO guacamole_workspaces;
-- Parameters that are not ours are deleted: a stray enable-sftp would allow what the policy forbids.
-- Their values are read through a view, which shows those of desktops.
REVOKE ALL ON guacamole_connection_parameter FROM guacamole_workspaces;
GRANT SELECT (connection_id, parameter_name) ON guacamole_connection_parameter TO guacamole_workspaces;
GRANT INSERT ON guacamole_connection_parameter TO guacamole_workspaces;
GRANT UPDATE (parameter_value) ON guacamole_connection_parameter TO guacamole_workspaces;
GRANT DELETE ON guacamole_connection_parameter TO guacamole_workspaces;
-- READ is granted and revoked; permissions are never updated.
GRANT SELECT, INSERT, DELETE ON guacamole_connection_permission TO guacamole_workspaces;
GRANT SELECT, INSERT, DELETE ON guacamole_connection_group_permission TO guacamole_workspaces;
GRANT SELECT, INSERT, DELETE ON guacamole_user_permission TO guacamole_workspaces;
-- A session is shared by its desktop's person with nobody.
GRANT SELECT, DELETE ON guacamole_sharing_profile TO guacamole_workspaces;

-- Retirement keeps a user who holds anything that we did not grant: these tables are only read.
GRANT SELECT ON guacamole_system_permission TO guacamole_workspaces;
GRANT SELECT ON guacamole_user_group TO guacamole_workspaces;
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

-- What the product made, or took over. Otherwise a desktop's connection is known by where it leads.
CREATE TABLE IF NOT EXISTS guacamole_workspaces.own_connection (
  connection_id integer PRIMARY KEY REFERENCES public.guacamole_connection ON DELETE CASCADE
);

-- True for the product's role and its members, but not for superusers and members of the owner, who are members of all.
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_restricted() RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM pg_roles WHERE rolname = 'guacamole_workspaces' AND pg_has_role(current_user, oid, 'USAGE')
  ) AND NOT EXISTS (
    SELECT FROM pg_namespace WHERE nspname = 'guacamole_workspaces' AND pg_has_role(current_user, nspowner, 'USAGE')
  )
$$;

-- True if the entity holds a system permission, itself or through groups.
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_privileged(entity integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH RECURSIVE held AS (
    SELECT entity AS entity_id
    UNION
    SELECT g.entity_id
    FROM held
    JOIN public.guacamole_user_group_member m ON m.member_entity_id = held.entity_id
    JOIN public.guacamole_user_group g USING (user_group_id)
  )
  SELECT EXISTS (SELECT FROM public.guacamole_system_permission JOIN held USING (entity_id))
$$;

-- Nothing outside of the cluster: a CLUSTER_DOMAIN other than cluster.local must stand here too. Write the namespace in place of
-- the second [a-z0-9-]+ if other namespaces have Services called client-….
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_desktop_host(host text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT host ~ '^client-[a-z0-9-]+\.[a-z0-9-]+\.svc\.cluster\.local$'
$$;

-- The parameters that the product writes. Others make guacd connect or write elsewhere (gateway-hostname, drive-path and more).
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_own_parameter(name text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT name IN (
    'autoretry', 'backspace', 'cert-fingerprints', 'cert-tofu', 'clipboard-encoding', 'color-depth', 'color-scheme',
    'compress-level', 'create-recording-path', 'cursor', 'disable-audio', 'disable-bitmap-caching', 'disable-copy',
    'disable-display-resize', 'disable-gfx', 'disable-glyph-caching', 'disable-offscreen-caching', 'disable-paste',
    'disable-server-input', 'domain', 'dpi', 'enable-desktop-composition', 'enable-font-smoothing',
    'enable-full-window-drag', 'enable-menu-animations', 'enable-sftp', 'enable-theming', 'enable-wallpaper',
    'encodings', 'font-name', 'font-size', 'force-lossless', 'height', 'host-key', 'hostname', 'ignore-cert',
    'locale', 'normalize-clipboard', 'password', 'port', 'quality-level', 'read-only', 'recording-include-keys',
    'recording-name', 'recording-path', 'resize-method', 'scrollback', 'security', 'server-alive-interval',
    'server-layout', 'sftp-disable-download', 'sftp-disable-upload', 'sftp-hostname', 'sftp-password', 'sftp-port',
    'sftp-username', 'swap-red-blue', 'terminal-type', 'timeout', 'timezone', 'username', 'width'
  )
$$;

-- True if a connection is a desktop's: the product made it, it leads to a desktop, or it has no parameter, so that it leads
-- nowhere and tells nothing. While a new one gets its parameters, its row was written by this transaction.
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_desktop(id integer) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (SELECT FROM guacamole_workspaces.own_connection WHERE connection_id = id)
    OR EXISTS (
      SELECT FROM public.guacamole_connection_parameter
      WHERE connection_id = id AND parameter_name = 'hostname' AND guacamole_workspaces.is_desktop_host(parameter_value)
    )
    OR NOT EXISTS (SELECT FROM public.guacamole_connection_parameter WHERE connection_id = id)
    OR EXISTS (
      SELECT FROM public.guacamole_connection
      WHERE connection_id = id AND xmin::text = (txid_current() % 4294967296)::text
    )
$$;

-- True if this is a root group that only shows its connections: READ on a BALANCING one opens them.
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_plain_group(id integer) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM public.guacamole_connection_group
    WHERE connection_group_id = id AND parent_id IS NULL AND type = 'ORGANIZATIONAL'
  )
$$;

-- True if no password fits a hash and its salt. Guacamole computes SHA-256 of the password and the salt in upper-case hex,
-- which cannot end as this text does.
CREATE OR REPLACE FUNCTION guacamole_workspaces.is_no_password(hash bytea, salt bytea) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT hash IS NOT DISTINCT FROM sha256(salt || 'guacamole-workspaces: no password'::bytea)
    AND octet_length(salt) IS NOT DISTINCT FROM 32
$$;

-- The AWMS operator gave every user the same 48 bytes, which are no SHA-256.
CREATE OR REPLACE VIEW guacamole_workspaces.account WITH (security_barrier) AS
SELECT user_id, octet_length(password_hash) = 32
  AND NOT guacamole_workspaces.is_no_password(password_hash, password_salt) AS has_password
FROM public.guacamole_user;

-- Of connections that are not desktops' only where they lead, by which desktops' are told from them.
CREATE OR REPLACE VIEW guacamole_workspaces.parameter WITH (security_barrier) AS
SELECT connection_id, parameter_name, parameter_value
FROM public.guacamole_connection_parameter
WHERE parameter_name = 'hostname'
  OR connection_id IN (SELECT connection_id FROM guacamole_workspaces.own_connection)
  OR connection_id IN (
    SELECT connection_id FROM public.guacamole_connection_parameter
    WHERE parameter_name = 'hostname' AND guacamole_workspaces.is_desktop_host(parameter_value)
  );

GRANT USAGE ON SCHEMA guacamole_workspaces TO guacamole_workspaces;
GRANT SELECT ON guacamole_workspaces.account TO guacamole_workspaces;
GRANT SELECT ON guacamole_workspaces.parameter TO guacamole_workspaces;

-- The product tells our refusals from missing permissions by the schema.
CREATE OR REPLACE PROCEDURE guacamole_workspaces.refuse(what text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = '42501', SCHEMA = 'guacamole_workspaces',
    MESSAGE = 'the role guacamole_workspaces may not ' || what;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_entity() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.type <> 'USER' THEN CALL guacamole_workspaces.refuse('make a group of users'); END IF;
    RETURN NEW;
  END IF;
  IF OLD.type <> 'USER' THEN CALL guacamole_workspaces.refuse(format('change the group of users %s', OLD.entity_id)); END IF;
  IF guacamole_workspaces.is_privileged(OLD.entity_id) THEN
    CALL guacamole_workspaces.refuse(format('change the user %s, who has a system permission', OLD.entity_id));
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.entity_id <> OLD.entity_id OR NEW.type <> OLD.type OR lower(NEW.name) <> lower(OLD.name) THEN
      CALL guacamole_workspaces.refuse(format('give the user %s another name', OLD.entity_id));
    END IF;
    RETURN NEW;
  END IF;
  IF EXISTS (SELECT FROM public.guacamole_user_group_member WHERE member_entity_id = OLD.entity_id)
    OR EXISTS (SELECT FROM public.guacamole_user_group_permission WHERE entity_id = OLD.entity_id)
    OR EXISTS (SELECT FROM public.guacamole_sharing_profile_permission WHERE entity_id = OLD.entity_id)
    OR EXISTS (
      SELECT FROM public.guacamole_connection_permission p JOIN public.guacamole_connection c USING (connection_id)
      WHERE p.entity_id = OLD.entity_id AND NOT guacamole_workspaces.is_desktop(c.connection_id)
    )
    OR EXISTS (
      SELECT FROM public.guacamole_connection_group_permission
      WHERE entity_id = OLD.entity_id AND permission <> 'READ'
    )
    OR EXISTS (
      SELECT FROM public.guacamole_user_permission p JOIN public.guacamole_user u ON u.user_id = p.affected_user_id
      WHERE p.entity_id = OLD.entity_id AND u.entity_id <> OLD.entity_id
    )
  THEN
    CALL guacamole_workspaces.refuse(format('remove the user %s, who holds something else', OLD.entity_id));
  END IF;
  RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_user() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF guacamole_workspaces.is_privileged(NEW.entity_id)
    OR TG_OP = 'UPDATE' AND guacamole_workspaces.is_privileged(OLD.entity_id)
  THEN
    CALL guacamole_workspaces.refuse(format('change the user %s, who has a system permission', NEW.entity_id));
  END IF;
  IF (TG_OP = 'INSERT' OR (NEW.password_hash, NEW.password_salt) IS DISTINCT FROM (OLD.password_hash, OLD.password_salt))
    AND NOT guacamole_workspaces.is_no_password(NEW.password_hash, NEW.password_salt)
  THEN
    CALL guacamole_workspaces.refuse(format('set a password for the user %s', NEW.entity_id));
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_sharing_profile() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF NOT guacamole_workspaces.is_desktop(OLD.primary_connection_id) THEN
    CALL guacamole_workspaces.refuse(
      format('remove the sharing profile %s, whose connection is no desktop''s', OLD.sharing_profile_id));
  END IF;
  RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_group() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.parent_id IS NOT NULL OR NEW.type <> 'ORGANIZATIONAL' THEN
      CALL guacamole_workspaces.refuse('make a connection group that is BALANCING or inside another');
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.parent_id IS NOT NULL OR OLD.type <> 'ORGANIZATIONAL'
    OR EXISTS (SELECT FROM public.guacamole_connection_group WHERE parent_id = OLD.connection_group_id)
    OR EXISTS (
      SELECT FROM public.guacamole_connection
      WHERE parent_id = OLD.connection_group_id AND NOT guacamole_workspaces.is_desktop(connection_id)
    )
  THEN
    CALL guacamole_workspaces.refuse(
      format('remove the connection group %s, which contains something else', OLD.connection_group_id));
  END IF;
  RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_connection() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND NOT guacamole_workspaces.is_desktop(OLD.connection_id) THEN
    CALL guacamole_workspaces.refuse(format('change the connection %s, which is no desktop''s', OLD.connection_id));
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF TG_OP = 'INSERT' OR NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN
    IF NOT guacamole_workspaces.is_plain_group(NEW.parent_id) THEN
      CALL guacamole_workspaces.refuse(format('put a connection into the group %s, which is no root group of connections', NEW.parent_id));
    END IF;
  END IF;
  IF (NEW.proxy_hostname IS NOT NULL OR NEW.proxy_port IS NOT NULL OR NEW.proxy_encryption_method IS NOT NULL)
    AND (TG_OP = 'INSERT' OR (NEW.proxy_hostname, NEW.proxy_port, NEW.proxy_encryption_method)
      IS DISTINCT FROM (OLD.proxy_hostname, OLD.proxy_port, OLD.proxy_encryption_method))
  THEN
    CALL guacamole_workspaces.refuse('let a connection use another guacd');
  END IF;
  IF NEW.protocol NOT IN ('vnc', 'rdp', 'ssh') THEN
    CALL guacamole_workspaces.refuse(format('make a connection of the protocol %s', NEW.protocol));
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.connection_id <> OLD.connection_id THEN
    CALL guacamole_workspaces.refuse('give a connection another id');
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.mark_connection() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  INSERT INTO guacamole_workspaces.own_connection VALUES (NEW.connection_id) ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_parameter() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP <> 'INSERT' AND NOT guacamole_workspaces.is_desktop(OLD.connection_id) THEN
    CALL guacamole_workspaces.refuse(
      format('change a parameter of the connection %s, which is no desktop''s', OLD.connection_id));
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF NOT guacamole_workspaces.is_desktop(NEW.connection_id) THEN
    CALL guacamole_workspaces.refuse(
      format('change a parameter of the connection %s, which is no desktop''s', NEW.connection_id));
  END IF;
  IF NOT guacamole_workspaces.is_own_parameter(NEW.parameter_name) THEN
    CALL guacamole_workspaces.refuse(
      format('set the parameter %s of the connection %s', NEW.parameter_name, NEW.connection_id));
  END IF;
  IF NEW.parameter_name IN ('hostname', 'sftp-hostname') AND NOT guacamole_workspaces.is_desktop_host(NEW.parameter_value) THEN
    CALL guacamole_workspaces.refuse(format('let the connection %s lead to anything but a desktop', NEW.connection_id));
  END IF;
  RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_connection_permission() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.permission <> 'READ' OR guacamole_workspaces.is_privileged(NEW.entity_id)
      OR NOT guacamole_workspaces.is_desktop(NEW.connection_id)
    THEN
      CALL guacamole_workspaces.refuse(
        format('give %s on the connection %s to the user %s', NEW.permission, NEW.connection_id, NEW.entity_id));
    END IF;
    RETURN NEW;
  END IF;
  IF NOT guacamole_workspaces.is_desktop(OLD.connection_id) THEN
    CALL guacamole_workspaces.refuse(
      format('take away a permission on the connection %s, which is no desktop''s', OLD.connection_id));
  END IF;
  RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_group_permission() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF NEW.permission <> 'READ' OR NOT guacamole_workspaces.is_plain_group(NEW.connection_group_id) THEN
      CALL guacamole_workspaces.refuse(
        format('give %s on the connection group %s', NEW.permission, NEW.connection_group_id));
    END IF;
    RETURN NEW;
  END IF;
  IF NOT EXISTS (
    SELECT FROM public.guacamole_connection
    WHERE parent_id = OLD.connection_group_id AND guacamole_workspaces.is_desktop(connection_id)
  ) AND (OLD.permission <> 'READ' OR guacamole_workspaces.is_privileged(OLD.entity_id)) THEN
    CALL guacamole_workspaces.refuse(
      format('take away a permission on the connection group %s, which has no desktop''s connection', OLD.connection_group_id));
  END IF;
  RETURN OLD;
END
$$;

CREATE OR REPLACE FUNCTION guacamole_workspaces.check_user_permission() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  affected integer := (
    SELECT entity_id FROM public.guacamole_user
    WHERE user_id = CASE WHEN TG_OP = 'INSERT' THEN NEW.affected_user_id ELSE OLD.affected_user_id END
  );
BEGIN
  IF guacamole_workspaces.is_privileged(affected) THEN
    CALL guacamole_workspaces.refuse(format('change who may do what to the user %s, who has a system permission', affected));
  END IF;
  IF TG_OP = 'INSERT' THEN
    IF NEW.permission <> 'READ' OR NEW.entity_id IS DISTINCT FROM affected THEN
      CALL guacamole_workspaces.refuse(
        format('give %s on the user %s to the user %s', NEW.permission, affected, NEW.entity_id));
    END IF;
    RETURN NEW;
  END IF;
  IF OLD.entity_id IS DISTINCT FROM affected AND NOT EXISTS (
    SELECT FROM public.guacamole_connection_permission
    WHERE entity_id = affected AND guacamole_workspaces.is_desktop(connection_id)
  ) THEN
    CALL guacamole_workspaces.refuse(format('take away a permission on the user %s, who has no desktop', affected));
  END IF;
  RETURN OLD;
END
$$;

DO $$
DECLARE
  name text;
  checked text[];
BEGIN
  FOREACH checked SLICE 1 IN ARRAY ARRAY[
    ['entity', 'INSERT OR UPDATE OR DELETE', 'entity'],
    ['user', 'INSERT OR UPDATE', 'user'],
    ['connection_group', 'INSERT OR DELETE', 'group'],
    ['connection', 'INSERT OR UPDATE OR DELETE', 'connection'],
    ['connection_parameter', 'INSERT OR UPDATE OR DELETE', 'parameter'],
    ['connection_permission', 'INSERT OR DELETE', 'connection_permission'],
    ['connection_group_permission', 'INSERT OR DELETE', 'group_permission'],
    ['user_permission', 'INSERT OR DELETE', 'user_permission'],
    ['sharing_profile', 'DELETE', 'sharing_profile']
  ] LOOP
    name := 'public.guacamole_' || checked[1];
    EXECUTE format('DROP TRIGGER IF EXISTS guacamole_workspaces_check ON %s', name);
    EXECUTE format(
      'CREATE TRIGGER guacamole_workspaces_check BEFORE %s ON %s FOR EACH ROW
       WHEN (guacamole_workspaces.is_restricted()) EXECUTE PROCEDURE guacamole_workspaces.check_%s()',
      checked[2], name, checked[3]);
  END LOOP;
END
$$;

DROP TRIGGER IF EXISTS guacamole_workspaces_mark ON guacamole_connection;
CREATE TRIGGER guacamole_workspaces_mark AFTER INSERT OR UPDATE ON guacamole_connection FOR EACH ROW
  WHEN (guacamole_workspaces.is_restricted()) EXECUTE PROCEDURE guacamole_workspaces.mark_connection();

-- Desktops of before this file had triggers, and of the AWMS operator.
INSERT INTO guacamole_workspaces.own_connection
SELECT connection_id FROM guacamole_connection_parameter
WHERE parameter_name = 'hostname' AND guacamole_workspaces.is_desktop_host(parameter_value)
ON CONFLICT DO NOTHING;

COMMIT;
