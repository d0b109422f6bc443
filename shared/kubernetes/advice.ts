import type { KubeConfig } from "@kubernetes/client-node";
import { entra } from "./tokens-asked-for.ts";

/** What to do about a call that failed, which depends on how the product logs in. For the log. */
export interface Advice {
  /** Which certificates decide if the API server is trusted. */
  ca: string;
  untrusted: string;
  unknownName: string;
  unanswered: string;
  notKubernetes: string;
  noCredential: string;
  notAuthenticated: string;
}

const byKubeconfig: Omit<Advice, "ca"> = {
  untrusted: "check certificate-authority, tls-server-name and client-certificate in KUBECONFIG",
  unknownName: "check server in KUBECONFIG, and DNS",
  unanswered: "check KUBECONFIG",
  notKubernetes: "check server in KUBECONFIG, and what stands between",
  noCredential: "check the user in KUBECONFIG",
  notAuthenticated: "check the user in KUBECONFIG: its token or certificate may have expired",
};

const byServiceAccount: Omit<Advice, "ca"> = {
  untrusted: "check the CA that is mounted into the pod",
  unknownName: "check KUBERNETES_SERVICE_HOST, and DNS",
  unanswered: "check KUBERNETES_SERVICE_HOST, and the network policies of the product's pod",
  notKubernetes: "check KUBERNETES_SERVICE_HOST, and what stands between",
  noCredential: "check the token that is mounted into the pod",
  notAuthenticated: "check the pod's service account: it may have been deleted",
};

const byEntra: Omit<Advice, "ca"> = {
  untrusted: "check CLUSTER_CA, and that the certificate is for the host in CLUSTER_URL",
  unknownName: "check CLUSTER_URL, and that the cluster's private DNS zone is linked to the app's network",
  unanswered: "check CLUSTER_URL, and the route from the app's subnet to it",
  notKubernetes: "check CLUSTER_URL, and what stands between",
  noCredential:
    "check that the app has a managed identity, and AZURE_CLIENT_ID if it is user-assigned; CLUSTER_AUTH is entra",
  notAuthenticated:
    "check that AKS-managed Entra integration is on in the cluster, and that the app's identity is of the cluster's tenant",
};

export function adviceFor(config: KubeConfig): Advice {
  const [cluster, user] = [config.getCurrentCluster(), config.getCurrentUser()];
  if ((user?.authProvider as { name?: string } | null | undefined)?.name === entra.name)
    return { ...byEntra, ca: "CLUSTER_CA" };
  const ca =
    cluster?.caFile ??
    (cluster?.caData === undefined ? "those of Node" : `certificate-authority-data of ${cluster.name}`);
  return {
    ...(config.getCurrentContext() === "inClusterContext" ? byServiceAccount : byKubeconfig), // as loadFromCluster names it
    ca: cluster?.skipTLSVerify ? "none, insecure-skip-tls-verify" : ca,
  };
}
