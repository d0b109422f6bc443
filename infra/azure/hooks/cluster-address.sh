#!/bin/sh
# Before provisioning: tells azd the address and the certificate authority of the cluster in kubectl's current context, unless
# CLUSTER_URL and CLUSTER_CA are set. They are no secrets. By hand, print them with --print.
set -eu
. "$(dirname "$0")/common.sh"

if [ "${1:-}" != --print ] && [ -n "${CLUSTER_URL:-}" ] && [ -n "${CLUSTER_CA:-}" ]; then
  echo "The cluster is $CLUSTER_URL (CLUSTER_URL)."
  exit 0
fi
need kubectl "install it, or set CLUSTER_URL and CLUSTER_CA: azd env set NAME VALUE"
url=$(kubectl config view --minify --raw --output 'jsonpath={.clusters[0].cluster.server}')
ca=$(kubectl config view --minify --raw --output 'jsonpath={.clusters[0].cluster.certificate-authority-data}')
[ -n "$url" ] && [ -n "$ca" ] || fail "kubectl's current context names no server with its certificate authority (az aks get-credentials, or set CLUSTER_URL and CLUSTER_CA)"
if [ "${1:-}" = --print ]; then
  printf 'CLUSTER_URL=%s\nCLUSTER_CA=%s\n' "$url" "$ca"
  exit 0
fi
need azd "without it, use --print"
azd env set CLUSTER_URL "$url"
azd env set CLUSTER_CA "$ca"
echo "The cluster is $url (kubectl's current context)."
