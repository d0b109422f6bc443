-- Makes the role of the app's identity, in the database postgres of an Azure flexible server.
-- https://learn.microsoft.com/azure/postgresql/security/security-manage-entra-users
--   psql --set ON_ERROR_STOP=1 --set role=NAME --set object_id=OBJECT-ID --dbname postgres --file entra-role.sql
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS is_there \gset
\if :is_there
  -- An identity that was deleted and made again has another object id: its tokens would be refused.
  -- As JSON, since sources disagree on the name of the first column.
  SELECT count(*) > 0 AS is_another FROM (SELECT to_jsonb(listed) AS it FROM pgaadauth_list_principals(false) AS listed) AS principals
    WHERE coalesce(it ->> 'rolname', it ->> 'rolename') = :'role' AND lower(it ->> 'objectid') <> lower(:'object_id') \gset
  \if :is_another
    \warn 'entra-role.sql: the role belongs to another identity than the app''s (drop it as an administrator, and run this again): ' :role
    DO $$ BEGIN RAISE EXCEPTION 'the role belongs to another identity'; END $$;
  \endif
\else
  SELECT pgaadauth_create_principal_with_oid(:'role', :'object_id', 'service', false, false);
\endif
