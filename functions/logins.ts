import { clusterToken, databaseToken } from "../shared/azure/credential.ts";
import type { Settings } from "../shared/config.ts";
import { type Directory, directoryIn } from "../shared/identity/directory.ts";
import type { ClusterLogin } from "../shared/kubernetes/cluster-login.ts";

/** How the product logs in to the systems around it, by its settings: for the app and for the doctor. */

export function clusterLogin(settings: Settings): ClusterLogin {
  const { CLUSTER_AUTH: by, CLUSTER_URL: server = "", CLUSTER_CA: ca = "", KUBECONFIG: file = "" } = settings;
  if (by === "entra") return { by, server, ca, token: clusterToken };
  return by === "kubeconfig" ? { by, file } : { by };
}

export function databaseLogin({ DATABASE_URL: url, DATABASE_AUTH: by }: Settings) {
  return { url, password: by === "entra" ? databaseToken : undefined };
}

/** Undefined if the settings name no client that may look people up. */
export function directoryOf(settings: Settings): Directory | undefined {
  const { KEYCLOAK_ADMIN_CLIENT: client, KEYCLOAK_ADMIN_KEY: key, KEYCLOAK_ADMIN_SECRET: secret = "" } = settings;
  if (client === undefined) return undefined;
  return directoryIn({
    url: settings.KEYCLOAK_ADMIN_URL,
    realm: settings.KEYCLOAK_REALM,
    client,
    proof: key ? { key } : { secret },
    issuer: settings.OIDC_ISSUER,
    guacamoleClient: settings.GUACAMOLE_CLIENT,
    roleClients: settings.KEYCLOAK_ROLES_CLIENTS,
  });
}
