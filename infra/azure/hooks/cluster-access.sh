#!/bin/sh
# Applies the overlay of infra/kubernetes to the cluster of kubectl's current context, with the app's identity as the user of its
# roles. Needs an administrator of the cluster, and a machine that reaches it. May run any number of times.
#
#   APP_IDENTITY_OBJECT_ID  object id of the app's managed identity: that is how AKS calls it (an output of main.bicep)
#   CLUSTER_URL             if set, kubectl's context must lead there
#   CLUSTER_OVERLAY         folder of the overlay; default: infra/kubernetes/overlays/aks
#
# With --dry-run the cluster checks everything, and nothing changes.
set -eu
. "$(dirname "$0")/common.sh"

# What the overlay has in place of the identity (infra/kubernetes/components/entra-account).
placeholder=00000000-0000-0000-0000-000000000000

need kubectl "install it, and log in to the cluster: az aks get-credentials"
need_value APP_IDENTITY_OBJECT_ID "az identity show --query principalId"
printf '%s\n' "$APP_IDENTITY_OBJECT_ID" | grep -Eqi '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' ||
  fail "APP_IDENTITY_OBJECT_ID is not the object id of an identity (az identity show --query principalId)"
identity=$(printf '%s\n' "$APP_IDENTITY_OBJECT_ID" | tr A-F a-f)
[ "$identity" != "$placeholder" ] || fail "APP_IDENTITY_OBJECT_ID has only zeros (az identity show --query principalId)"

# Without the port: azd and kubectl may spell the usual one or leave it out.
host() {
  printf '%s\n' "$1" | sed -e 's|^https://||' -e 's|/.*$||' -e 's|:443$||'
}
if [ -n "${CLUSTER_URL:-}" ]; then
  current=$(kubectl config view --minify --raw --output 'jsonpath={.clusters[0].cluster.server}')
  [ "$(host "$current")" = "$(host "$CLUSTER_URL")" ] ||
    fail "kubectl's current context leads to $current, and the app to $CLUSTER_URL (kubectl config use-context)"
fi

overlay=${CLUSTER_OVERLAY:-infra/kubernetes/overlays/aks}
cd "$root"
rendered=$(kubectl kustomize "$overlay")
case $rendered in
*"$placeholder"*) ;;
*) fail "$overlay names no identity to replace (it must use infra/kubernetes/components/entra-account)" ;;
esac
if [ "${1:-}" = --dry-run ]; then set -- --dry-run=server; else set --; fi
printf '%s\n' "$rendered" | sed "s/$placeholder/$identity/g" | kubectl apply --server-side "$@" --filename -
echo "The identity $identity may do in the cluster what $overlay lists."
