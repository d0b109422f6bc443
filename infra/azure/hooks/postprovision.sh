#!/bin/sh
# After provisioning: the cluster, then the database. Each can be left out, where somebody else does it or this machine does not
# reach it: azd env set CLUSTER_HOOK off, azd env set DATABASE_HOOK off.
set -eu
hooks=$(cd "$(dirname "$0")" && pwd)

for each in cluster-access database-role; do
  case $each in
  cluster-access) wanted=${CLUSTER_HOOK:-on} ;;
  database-role) wanted=${DATABASE_HOOK:-on} ;;
  esac
  case $wanted in
  on) "$hooks/$each.sh" ;;
  off) echo "Left out: run infra/azure/hooks/$each.sh where the system can be reached (docs/azure.md)." ;;
  *) echo "postprovision.sh: CLUSTER_HOOK and DATABASE_HOOK are on or off, not $wanted" >&2 && exit 1 ;;
  esac
done
