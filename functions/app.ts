import type { OrchestrationHandler } from "durable-functions";
import { accessTokens, type VerifyToken } from "../shared/identity/access-token.ts";
import { logoutTokens } from "../shared/identity/logout-token.ts";
import { readIssuer } from "../shared/identity/issuer.ts";
import type { Realm } from "../shared/identity/realm.ts";
import { realmKeys } from "../shared/identity/realm-keys.ts";
import { timerTokens } from "../shared/identity/timer-token.ts";
import { webhookSignatures, type WebhookRules } from "../shared/identity/webhook.ts";
import { managedServer, unmanagedServer } from "../shared/azure/managed-server.ts";
import type { Settings } from "../shared/config.ts";
import { parsePolicy } from "../shared/desktop/policy.ts";
import { protectedPlaces, reachFaults, type ReachLimits } from "../shared/desktop/reach.ts";
import { connectDatabase } from "../shared/guacamole/database.ts";
import { activeConnectionsOf } from "../shared/guacamole/active-connections.ts";
import { parseDatabaseUrl } from "../shared/guacamole/database-url.ts";
import { estateOf } from "../shared/guacamole/estate.ts";
import { guacamoleDesktopsIn } from "../shared/guacamole/desktops.ts";
import { type Cluster, connectCluster } from "../shared/kubernetes/cluster.ts";
import { desktopsIn } from "../shared/kubernetes/desktops.ts";
import { estateIn } from "../shared/kubernetes/estate.ts";
import { fastStartsIn } from "../shared/kubernetes/fast-starts.ts";
import { guacamoleInstancesIn } from "../shared/kubernetes/guacamole-instances.ts";
import { maintenanceSwitchIn } from "../shared/kubernetes/maintenance-switch.ts";
import { offersIn } from "../shared/kubernetes/offers.ts";
import { policiesIn } from "../shared/kubernetes/policies.ts";
import { personRecordsIn } from "../shared/kubernetes/person-records.ts";
import { keptRead, sharedRead } from "../shared/kubernetes/shared-read.ts";
import { startTimesIn } from "../shared/kubernetes/start-times.ts";
import { workspacesIn } from "../shared/kubernetes/workspaces.ts";
import { clusterLogin, databaseLogin, directoryOf } from "./logins.ts";
import { type ActivityTable, activityTable } from "./activities/table.ts";
import { desktopRoute } from "./http/desktop.ts";
import { desktopsRoutes } from "./http/desktops.ts";
import { healthRoutes } from "./http/health.ts";
import { ownExtensionRoute } from "./http/own-extension.ts";
import { endSessionsRoutes } from "./http/end-sessions.ts";
import { keycloakRoutes } from "./http/keycloak.ts";
import { doctorRoute } from "./http/doctor.ts";
import { maintenanceRoutes } from "./http/maintenance.ts";
import { adoptionRoute } from "./http/adoption.ts";
import { openApiRoute } from "./http/openapi.ts";
import { operationRoute } from "./http/operation.ts";
import { personRoute } from "./http/person.ts";
import { otherRoute, type Route } from "./http/route.ts";
import { queueRoute } from "./http/queue.ts";
import { runRoutes } from "./http/runs.ts";
import { wakeRoute } from "./http/wake.ts";
import { workspacesRoute } from "./http/workspaces.ts";
import { orchestrations } from "./orchestrations.ts";
import { portalIn } from "./pages/portal.ts";
import { namingRules, type Services } from "./services.ts";
import { endLeavesTimer } from "./timers/end-leaves.ts";
import { followScalingTimer } from "./timers/follow-scaling.ts";
import { placeholdersTimer } from "./timers/placeholders.ts";
import { runTimers } from "./timers/runs.ts";
import { oneAtATime } from "./timers/one-at-a-time.ts";
import type { Timer } from "./timers/timer.ts";
import { wakeTimer } from "./timers/wake.ts";
import { looksOf } from "./gather/looks.ts";
import { turnTaking } from "./gather/turn-taking.ts";
import { readWholeEstate } from "./gather/whole-estate.ts";
import { warnOfEstate } from "./work/warn-of-estate.ts";
import { changeLimit } from "./work/change-limit.ts";
import { eventFaultCounts } from "./work/event-faults.ts";
import { lately } from "./work/lately.ts";
import { newsOf } from "./work/news.ts";
import { readQueue } from "./work/read-queue.ts";
import { whileUsed } from "./work/while-used.ts";
import { rushOf } from "./work/rush.ts";
import { startsIn } from "./work/starts.ts";
import { waitsOf } from "./work/waits.ts";

/** How old a place in the queue may be that somebody reads. */
const queueMilliseconds = 2_000;
/**
 * How old the list of all desktops may be: at least so old, and ten times as old as reading it takes, so that it takes a tenth
 * of a process's time at most.
 */
const wholeEstateMilliseconds = (took: number) => Math.max(2_000, 10 * took);
/** An orchestration looks within that time of being told. */
const toldMilliseconds = 5_000;

/** Everything that the app does, as values. */
export interface App {
  routes: readonly Route[];
  timers: readonly Timer[];
  orchestrations: Readonly<Record<string, OrchestrationHandler>>;
  activities: ActivityTable;
  /** Looks at the estate once, and warns of what is wrong. Never throws. */
  warn: () => Promise<void>;
  /** What is to be done before the process ends: leaves nothing open at other systems. */
  close: () => Promise<void>;
}

/**
 * The app with these settings, connected to the outside world. Registers nothing: `register` does.
 *
 * @param portal the folder of the built portal
 */
export function connect(settings: Settings, portal: URL): App {
  return appOf(connectServices(settings), portal);
}

function appOf(services: Services, portal: URL): App {
  const wakeTimers = [
    wakeTimer(services),
    followScalingTimer(services),
    endLeavesTimer(services),
    ...placeholdersTimer(services),
  ].map(oneAtATime);
  const routes = [
    desktopRoute(services),
    ownExtensionRoute(services),
    personRoute(services),
    operationRoute(services),
    workspacesRoute(services),
    adoptionRoute(services),
    ...maintenanceRoutes(services),
    doctorRoute(services),
    ...endSessionsRoutes(services),
    ...runRoutes(services),
    wakeRoute(services, wakeTimers),
    ...keycloakRoutes(services),
    ...desktopsRoutes(services),
    queueRoute(services),
    ...healthRoutes(services),
  ];
  const page = portalIn(portal, services.settings, (words) => {
    console.warn(words);
  });
  return {
    routes: [...routes, openApiRoute(routes), otherRoute(page)],
    timers: services.settings.TIMERS === "external" ? [] : [...wakeTimers, ...runTimers(services)],
    orchestrations,
    activities: activityTable(services),
    warn: () => warnOfEstate(looksOf(services)),
    async close() {
      services.desktops.close();
      services.recordWatch.close();
      await services.activeConnections?.close();
    },
  };
}

function reachOf(settings: Settings, apiServer: string): ReachLimits {
  const { NAMESPACE: namespace, PROTECTED_DESTINATIONS: others } = settings;
  const database = parseDatabaseUrl(settings.DATABASE_URL);
  const guacd = { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS };
  const guacamole = settings.GUACAMOLE_LABELS && {
    namespace: settings.GUACAMOLE_NAMESPACE,
    labels: settings.GUACAMOLE_LABELS,
  };
  const places = {
    guacd,
    guacamole,
    database: "fault" in database ? null : { ...database, namespace },
    apiServer,
    others,
  };
  const reach = { namespace, wide: settings.WIDE_DESTINATIONS === "allowed", protected: protectedPlaces(places) };
  const usual = parsePolicy(settings.desktopDefaults);
  const faults = "faults" in usual ? [] : reachFaults(usual.destinations, reach);
  if (faults.length > 0) throw new Error(`read settings: DESKTOP_DESTINATIONS ${faults.join("; ")}`);
  return reach;
}

/** So many Secrets a reconciliation reads of each sort: the product may read one by its name, and may not list them. */
const secretsARun = 500;

/**
 * Connects lazily: no system is called before a function needs it. Throws if the kubeconfig cannot be read, or the usual
 * destinations reach what no desktop may.
 */
function connectServices(settings: Settings): Services {
  const cluster = connectCluster(clusterLogin(settings));
  const database = connectDatabase(databaseLogin(settings));
  const site = {
    namespace: settings.NAMESPACE,
    dns: settings.CLUSTER_DNS,
    guacd: { namespace: settings.GUACD_NAMESPACE, labels: settings.GUACD_LABELS },
  };

  const realm: Realm = {
    issuer: settings.OIDC_ISSUER,
    keys: realmKeys({ url: settings.OIDC_JWKS_URL, maxAgeMinutes: settings.OIDC_KEYS_MAX_AGE_MINUTES }),
    algorithms: settings.OIDC_ALGORITHMS,
    clockSkewSeconds: settings.OIDC_CLOCK_SKEW_SECONDS,
  };
  const verifyPeople = accessTokens(realm, { audience: settings.OIDC_AUDIENCE, clients: settings.OIDC_CLIENTS });
  const webhook = webhookRules(settings);
  const records = personRecordsIn(cluster, settings.NAMESPACE);
  const desktops = desktopsIn(cluster, site, namingRules({ settings }));
  const now = () => new Date();
  const queue = () => readQueue({ records, desktops, settings, now });
  const news = newsOf();

  const services: Omit<Services, "wholeEstate"> = {
    settings,
    workspaces: workspacesIn(cluster, settings.WORKSPACES_NAMESPACE),
    policies: policiesIn(cluster, settings.NAMESPACE),
    offers: offersIn(cluster, settings.NAMESPACE),
    reach: reachOf(settings, cluster.host),
    records,
    told: lately(toldMilliseconds),
    queue: keptRead(queue, queueMilliseconds),
    readQueue: sharedRead(queue),
    news,
    recordWatch: whileUsed(() => {
      const following = records.follow((person) => {
        news.tell(person);
      });
      following.live().catch((error: unknown) => {
        console.warn(`${(error as Error).message}: people who wait look every few seconds instead`);
      });
      return following;
    }),
    desktops,
    guacamole: guacamoleDesktopsIn(database, namingRules({ settings }), settings.TIME_ZONE),
    estate: {
      cluster: estateIn(cluster, site),
      database: estateOf(database, namingRules({ settings })),
      readIssuer: () => readIssuer(settings.OIDC_ISSUER),
    },
    server: settings.DATABASE_SERVER_ID === undefined ? unmanagedServer : managedServer(settings.DATABASE_SERVER_ID),
    maintenance: maintenanceSwitchIn(cluster, settings.NAMESPACE),
    fastStarts: fastStartsIn(cluster, settings.NAMESPACE),
    activeConnections:
      settings.GUACAMOLE_API_URLS &&
      activeConnectionsOf({
        urls: settings.GUACAMOLE_API_URLS,
        username: settings.GUACAMOLE_API_USERNAME ?? "",
        password: settings.GUACAMOLE_API_PASSWORD ?? "",
        dataSource: settings.GUACAMOLE_API_DATA_SOURCE,
      }),
    guacamoleInstances:
      settings.GUACAMOLE_LABELS &&
      guacamoleInstancesIn(cluster, settings.GUACAMOLE_NAMESPACE, settings.GUACAMOLE_LABELS),
    realmKeys: realm.keys,
    verifyToken: verifyPeople,
    verifyTimerToken: verifyTimersOf(settings, cluster, verifyPeople),
    verifyLogout: logoutTokens(realm, [settings.GUACAMOLE_CLIENT, ...settings.OIDC_CLIENTS]),
    verifyWebhook: webhook && webhookSignatures(webhook, realm),
    eventFaults: eventFaultCounts(),
    directory: directoryOf(settings),
    secretTurns: { ofDesktops: turnTaking(secretsARun), alone: turnTaking(secretsARun) },
    changes: changeLimit(settings.PERSON_CHANGES_PER_MINUTE),
    starts: startsIn(startTimesIn(cluster, settings.NAMESPACE), (words) => {
      console.warn(words);
    }),
    waits: waitsOf(),
    rush: rushOf(),
    now,
    startedAt: new Date(),
  };
  return { ...services, wholeEstate: keptRead(() => readWholeEstate(services), wholeEstateMilliseconds) };
}

/** Those who call on time may also have a token of the cluster, if the settings name its account. */
function verifyTimersOf(settings: Settings, cluster: Cluster, verifyPeople: VerifyToken): VerifyToken {
  const { TIMERS_SUBJECT: subject, TIMERS_AUDIENCE: audience, TIMERS_ISSUER: issuer, TIMERS_ROLE: role } = settings;
  if (subject === undefined) return verifyPeople;
  const keys = realmKeys({ url: "/openid/v1/jwks", maxAgeMinutes: settings.OIDC_KEYS_MAX_AGE_MINUTES }, async () =>
    Response.json(await cluster.issuerKeys()),
  );
  const { OIDC_CLOCK_SKEW_SECONDS: clockSkewSeconds } = settings;
  return timerTokens({ issuer, keys, clockSkewSeconds }, { audience, subject, role }, verifyPeople);
}

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
