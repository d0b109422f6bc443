#!/bin/sh
# Lets the app's identity into Guacamole's database: makes its role in PostgreSQL, and grants what infra/database/role.sql lists.
# Needs an Entra administrator of the server who owns Guacamole's tables, or is a member of their owner, and a machine that
# reaches the server. May run any number of times.
#
#   DATABASE_HOST           name of the flexible server
#   DATABASE_NAME           Guacamole's database; default: guacamole
#   DATABASE_ROLE           the role of the app's identity: the user in DATABASE_URL
#   APP_IDENTITY_OBJECT_ID  object id of the app's managed identity
#   DATABASE_ADMIN_NAME     the administrator's name in Entra: user, group or identity
#   PGPASSWORD              their token; default: asked of az, or azd
#   PGSSLROOTCERT           certificate authorities; default: those of the machine
set -eu
. "$(dirname "$0")/common.sh"

scope=https://ossrdbms-aad.database.windows.net/.default

need psql "install PostgreSQL's client"
need_value DATABASE_HOST "the server's name, such as x.postgres.database.azure.com"
need_value DATABASE_ROLE "the user in the app's DATABASE_URL"
need_value APP_IDENTITY_OBJECT_ID "az identity show --query principalId"
need_value DATABASE_ADMIN_NAME "the Entra administrator of the server: azd env set DATABASE_ADMIN_NAME NAME"

if [ -z "${PGPASSWORD:-}" ]; then
  if command -v az >/dev/null; then
    PGPASSWORD=$(az account get-access-token --scope "$scope" --query accessToken --output tsv)
  elif command -v azd >/dev/null; then
    PGPASSWORD=$(azd auth token --scope "$scope")
  else
    fail "there is no token for the database (install az or azd and log in, or set PGPASSWORD)"
  fi
fi
if [ -z "${PGSSLROOTCERT:-}" ]; then
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [ -f "$file" ]; then PGSSLROOTCERT=$file && break; fi
  done
  [ -n "${PGSSLROOTCERT:-}" ] || fail "the machine's certificate authorities were not found (set PGSSLROOTCERT to a PEM file)"
fi
export PGPASSWORD PGSSLROOTCERT PGHOST="$DATABASE_HOST" PGPORT="${PGPORT:-5432}" PGUSER="$DATABASE_ADMIN_NAME"
# So that no other server gets the token.
export PGSSLMODE=verify-full

cd "$root"
run() {
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set role="$DATABASE_ROLE" --set object_id="$APP_IDENTITY_OBJECT_ID" "$@" ||
    fail "$DATABASE_HOST: psql failed with what stands above (once that is put right, run this again: nothing is done twice)"
}
# Roles of Entra are made in this database, by functions that only it has.
run --dbname postgres --file infra/azure/hooks/entra-role.sql
run --dbname "${DATABASE_NAME:-guacamole}" --file infra/database/role.sql
run --dbname "${DATABASE_NAME:-guacamole}" --file infra/azure/hooks/grant-role.sql
echo "The role $DATABASE_ROLE may do in ${DATABASE_NAME:-guacamole} what infra/database/role.sql lists."
