import { readIssuer } from "../shared/identity/issuer.ts";
import { directoryIn } from "../shared/identity/directory.ts";
import { realmKeys } from "../shared/identity/realm-keys.ts";
import type { ClusterLooks } from "../functions/gather/cluster-facts.ts";
import type { Looks } from "../functions/gather/doctor.ts";
import { namingRules } from "../functions/services.ts";
import { databaseToken } from "../shared/azure/credential.ts";
import type { Settings } from "../shared/config.ts";
import { connectDatabase } from "../shared/guacamole/database.ts";
import { estateOf } from "../shared/guacamole/estate.ts";
import { connectCluster } from "../shared/kubernetes/cluster.ts";
import { estateIn } from "../shared/kubernetes/estate.ts";
import { policiesIn } from "../shared/kubernetes/policies.ts";
import { workspacesIn } from "../shared/kubernetes/workspaces.ts";
import type { Finding } from "../shared/lifecycle/doctor/check.ts";
import { findingOf } from "../shared/lifecycle/doctor/finding-of.ts";

/** What the doctor looks at, and how to let go of it. */
export interface ConnectedLooks {
  looks: Looks;
  close(): Promise<void>;
}

/**
 * Connects the doctor as the app connects itself, but that a kubeconfig which cannot be read is a finding among others.
 *
 * @param administrator a kubeconfig with which pods are looked for that the product's account may not see. Throws if it
 * cannot be read
 */
export function connectLooks(settings: Settings, administrator: string | undefined): ConnectedLooks {
  const database = connectDatabase({
    url: settings.DATABASE_URL,
    password: settings.DATABASE_AUTH === "entra" ? databaseToken : undefined,
    maxConnections: 2,
  });
  const directory =
    settings.KEYCLOAK_ADMIN_CLIENT === undefined
      ? undefined
      : directoryIn({
          url: settings.KEYCLOAK_ADMIN_URL,
          realm: settings.KEYCLOAK_REALM,
          client: settings.KEYCLOAK_ADMIN_CLIENT,
          secret: settings.KEYCLOAK_ADMIN_SECRET ?? "",
          guacamoleClient: settings.GUACAMOLE_CLIENT,
          roleClients: settings.KEYCLOAK_ROLES_CLIENTS,
        });
  const looks: Looks = {
    settings,
    cluster: clusterLooks(settings, administrator),
    guacamole: estateOf(database, namingRules({ settings })),
    realmKeys: realmKeys({ url: settings.OIDC_JWKS_URL, maxAgeMinutes: settings.OIDC_KEYS_MAX_AGE_MINUTES }),
    readIssuer: () => readIssuer(settings.OIDC_ISSUER),
    directory,
  };
  return { looks, close: () => database.close() };
}

function clusterLooks(settings: Settings, administrator: string | undefined): ClusterLooks | Finding {
  const site = {
    namespace: settings.NAMESPACE,
    dns: settings.CLUSTER_DNS,
    guacd: { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS },
  };
  const elsewhere = administrator === undefined ? undefined : estateIn(connectCluster(administrator), site);
  try {
    const cluster = connectCluster(settings.KUBECONFIG);
    const estate = estateIn(cluster, site);
    return {
      estate,
      elsewhere: elsewhere ?? estate,
      workspaces: workspacesIn(cluster, settings.WORKSPACES_NAMESPACE),
      policies: policiesIn(cluster, settings.NAMESPACE),
    };
  } catch (error) {
    return findingOf(error);
  }
}
