import { accessTokens } from "../shared/identity/access-token.ts";
import { logoutTokens } from "../shared/identity/logout-token.ts";
import { peopleIn } from "../shared/identity/people.ts";
import { realmOf } from "../shared/identity/realm.ts";
import { webhookSignatures, type WebhookRules } from "../shared/identity/webhook.ts";
import { databaseToken } from "../shared/azure/credential.ts";
import { managedServer, unmanagedServer } from "../shared/azure/managed-server.ts";
import { readSettings, type Settings } from "../shared/config.ts";
import { connectDatabase } from "../shared/guacamole/database.ts";
import { activeConnectionsOf } from "../shared/guacamole/active-connections.ts";
import { guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { connectCluster } from "../shared/kubernetes/cluster.ts";
import { desktopsIn } from "../shared/kubernetes/desktops.ts";
import { guacamoleInstancesIn } from "../shared/kubernetes/guacamole-instances.ts";
import { maintenanceSwitchIn } from "../shared/kubernetes/maintenance-switch.ts";
import { policiesIn } from "../shared/kubernetes/policies.ts";
import { requestsIn } from "../shared/kubernetes/requests.ts";
import { workspacesIn } from "../shared/kubernetes/workspaces.ts";
import { registerActivities } from "./activities/register.ts";
import { registerDesktop } from "./http/desktop.ts";
import { registerDesktops } from "./http/desktops.ts";
import { registerHealth } from "./http/health.ts";
import { registerKeycloak } from "./http/keycloak.ts";
import { registerMaintenance } from "./http/maintenance.ts";
import { registerMaintenanceSwitch } from "./http/maintenance-switch.ts";
import { registerOpenApi } from "./http/openapi.ts";
import { registerOperation } from "./http/operation.ts";
import { registerPerson } from "./http/person.ts";
import { registerNotFound } from "./http/route.ts";
import { registerRunsByHand } from "./http/runs.ts";
import { letTraceThrough } from "./http/trace.ts";
import { registerWorkspaces } from "./http/workspaces.ts";
import { registerOrchestrations } from "./orchestrations.ts";
import { namingRules, type Services } from "./services.ts";
import { registerEndLeaves } from "./timers/end-leaves.ts";
import { registerFollowScaling } from "./timers/follow-scaling.ts";
import { registerRuns } from "./timers/runs.ts";
import { registerWake } from "./timers/wake.ts";

/** The composition root: reads the environment once, connects to the outside world, registers every function. */
const settings = readSettings(process.env);

const cluster = connectCluster(settings.KUBECONFIG);
const database = connectDatabase({
  url: settings.DATABASE_URL,
  password: settings.DATABASE_AUTH === "entra" ? databaseToken : undefined,
});
const site = {
  namespace: settings.NAMESPACE,
  guacd: { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS },
};

const realm = realmOf({
  issuer: settings.OIDC_ISSUER,
  jwksUrl: settings.OIDC_JWKS_URL,
  algorithms: settings.OIDC_ALGORITHMS,
  clockSkewSeconds: settings.OIDC_CLOCK_SKEW_SECONDS,
});
const webhook = webhookRules(settings);

const services: Services = {
  settings,
  workspaces: workspacesIn(cluster, settings.WORKSPACES_NAMESPACE),
  policies: policiesIn(cluster, settings.NAMESPACE),
  requests: requestsIn(cluster, settings.NAMESPACE),
  desktops: desktopsIn(cluster, site, namingRules({ settings })),
  guacamole: guacamoleDesktopsIn(database, namingRules({ settings })),
  server: settings.DATABASE_SERVER_ID === undefined ? unmanagedServer : managedServer(settings.DATABASE_SERVER_ID),
  maintenance: maintenanceSwitchIn(cluster, settings.NAMESPACE),
  activeConnections:
    settings.GUACAMOLE_API_URLS &&
    activeConnectionsOf({
      urls: settings.GUACAMOLE_API_URLS,
      username: settings.GUACAMOLE_API_USERNAME ?? "",
      password: settings.GUACAMOLE_API_PASSWORD ?? "",
      dataSource: settings.GUACAMOLE_API_DATA_SOURCE,
    }),
  guacamoleInstances:
    settings.GUACAMOLE_LABELS && guacamoleInstancesIn(cluster, settings.GUACAMOLE_NAMESPACE, settings.GUACAMOLE_LABELS),
  verifyToken: accessTokens(realm, { audience: settings.OIDC_AUDIENCE, clients: settings.OIDC_CLIENTS }),
  verifyLogout: logoutTokens(realm, settings.GUACAMOLE_CLIENT),
  verifyWebhook: webhook && webhookSignatures(webhook, realm),
  people:
    settings.KEYCLOAK_ADMIN_CLIENT === undefined
      ? undefined
      : peopleIn({
          url: settings.KEYCLOAK_ADMIN_URL,
          realm: settings.KEYCLOAK_REALM,
          client: settings.KEYCLOAK_ADMIN_CLIENT,
          secret: settings.KEYCLOAK_ADMIN_SECRET ?? "",
        }),
  now: () => new Date(),
  startedAt: new Date(),
};

letTraceThrough();
registerActivities(services);
registerOrchestrations();
registerDesktop(services);
registerPerson(services);
registerOperation(services);
registerWorkspaces(services);
registerMaintenance(services);
registerMaintenanceSwitch(services);
registerRunsByHand(services);
registerKeycloak(services);
registerDesktops(services);
registerHealth(services);
registerOpenApi();
registerNotFound();
registerWake(services);
registerFollowScaling(services);
registerEndLeaves(services);
registerRuns(services);

function webhookRules({
  KEYCLOAK_WEBHOOK: mode,
  KEYCLOAK_WEBHOOK_SECRET: secret,
  KEYCLOAK_WEBHOOK_SECRET_BEFORE: before,
  KEYCLOAK_WEBHOOK_AUDIENCE: audience = "",
}: Settings): WebhookRules | undefined {
  if (mode === "off") return undefined;
  return mode === "bearer"
    ? { mode, audience }
    : { mode, secrets: [secret, before].filter((each) => each !== undefined) };
}
