#!/bin/sh
# PostgreSQL's image runs this once, after Guacamole's schema. Nobody signs in by a password, so Guacamole's first account goes.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --file /role/role.sql
psql --set ON_ERROR_STOP=1 --set password="$WORKSPACES_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
ALTER ROLE guacamole_workspaces LOGIN PASSWORD :'password';
DELETE FROM guacamole_entity WHERE name = 'guacadmin' AND type = 'USER';
SQL
