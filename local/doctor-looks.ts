import { readIssuer } from "../shared/identity/issuer.ts";
import { realmKeys } from "../shared/identity/realm-keys.ts";
import type { ClusterLooks } from "../functions/gather/cluster-facts.ts";
import type { Looks } from "../functions/gather/doctor.ts";
import { clusterLogin, databaseLogin, directoryOf } from "../functions/logins.ts";
import { namingRules } from "../functions/services.ts";
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
  const cluster = clusterLooks(settings, administrator);
  const database = connectDatabase({ ...databaseLogin(settings), maxConnections: 2 });
  const looks: Looks = {
    settings,
    cluster,
    guacamole: estateOf(database, namingRules({ settings })),
    realmKeys: realmKeys({ url: settings.OIDC_JWKS_URL, maxAgeMinutes: settings.OIDC_KEYS_MAX_AGE_MINUTES }),
    readIssuer: () => readIssuer(settings.OIDC_ISSUER),
    directory: directoryOf(settings),
  };
  return { looks, close: () => database.close() };
}

function clusterLooks(settings: Settings, administrator: string | undefined): ClusterLooks | Finding {
  const site = {
    namespace: settings.NAMESPACE,
    dns: settings.CLUSTER_DNS,
    guacd: { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS },
  };
  const elsewhere = administrator === undefined ? undefined : estateIn(connectAdministrator(administrator), site);
  try {
    const cluster = connectCluster(clusterLogin(settings));
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

function connectAdministrator(file: string) {
  try {
    return connectCluster({ by: "kubeconfig", file });
  } catch (error) {
    const reason = (error as Error).message.replace(" (check the setting KUBECONFIG)", "");
    throw new Error(`use --administrator ${file}: ${reason} (name a kubeconfig)`, { cause: error });
  }
}
