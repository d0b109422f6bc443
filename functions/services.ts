import type { Settings } from "../shared/config.ts";
import { dayIn } from "../shared/desktop/day.ts";
import type { NamingRules } from "../shared/desktop/names.ts";
import type { ManagedServer } from "../shared/azure/managed-server.ts";
import type { ActiveConnections } from "../shared/guacamole/active-connections.ts";
import type { GuacamoleDesktops } from "../shared/guacamole/desktops.ts";
import type { VerifyToken } from "../shared/identity/access-token.ts";
import type { VerifyLogout } from "../shared/identity/logout-token.ts";
import type { Directory } from "../shared/identity/directory.ts";
import type { VerifyWebhook } from "../shared/identity/webhook.ts";
import type { ClusterDesktops } from "../shared/kubernetes/desktops.ts";
import type { GuacamoleInstances } from "../shared/kubernetes/guacamole-instances.ts";
import type { MaintenanceSwitch } from "../shared/kubernetes/maintenance-switch.ts";
import type { Policies } from "../shared/kubernetes/policies.ts";
import type { PersonRecords } from "../shared/kubernetes/person-records.ts";
import type { Workspaces } from "../shared/kubernetes/workspaces.ts";

/** Everything that functions use of the outside world; made once by the composition root. */
export interface Services {
  settings: Settings;
  workspaces: Workspaces;
  policies: Policies;
  records: PersonRecords;
  desktops: ClusterDesktops;
  guacamole: GuacamoleDesktops;
  server: ManagedServer;
  maintenance: MaintenanceSwitch;
  /** What Guacamole itself says of connections; undefined where it is not asked. */
  activeConnections: ActiveConnections | undefined;
  /** Since when Guacamole runs; undefined where its pods are not known. */
  guacamoleInstances: GuacamoleInstances | undefined;
  verifyToken: VerifyToken;
  verifyLogout: VerifyLogout;
  /** Undefined where Keycloak sends no events. */
  verifyWebhook: VerifyWebhook | undefined;
  /** Who people are at the identity provider now; undefined where it cannot be asked. */
  directory: Directory | undefined;
  now: () => Date;
  /** When this process began to work. */
  startedAt: Date;
}

export function namingRules({ settings }: Pick<Services, "settings">): NamingRules {
  return {
    namespace: settings.NAMESPACE,
    clusterDomain: settings.CLUSTER_DOMAIN,
    entityTemplate: settings.GUACAMOLE_ENTITY_TEMPLATE,
  };
}

/** The whole day that it is where the workspaces are. */
export function today({ settings, now }: Pick<Services, "settings" | "now">): string {
  return dayIn(settings.TIME_ZONE, now());
}
