import type { Settings } from "../shared/config.ts";
import { dayIn } from "../shared/desktop/day.ts";
import type { NamingRules } from "../shared/desktop/names.ts";
import type { WholeEstate } from "../shared/lifecycle/listed-desktop.ts";
import type { ReachLimits } from "../shared/desktop/reach.ts";
import type { SessionRules } from "../shared/person/presence.ts";
import type { ManagedServer } from "../shared/azure/managed-server.ts";
import type { ActiveConnections } from "../shared/guacamole/active-connections.ts";
import type { EstateInDatabase } from "../shared/guacamole/estate.ts";
import type { GuacamoleDesktops } from "../shared/guacamole/desktops.ts";
import type { VerifyToken } from "../shared/identity/access-token.ts";
import type { VerifyLogout } from "../shared/identity/logout-token.ts";
import type { RealmKeys } from "../shared/identity/realm-keys.ts";
import type { Directory } from "../shared/identity/directory.ts";
import type { VerifyWebhook } from "../shared/identity/webhook.ts";
import type { ClusterDesktops } from "../shared/kubernetes/desktops.ts";
import type { EstateInCluster } from "../shared/kubernetes/estate.ts";
import type { FastStarts } from "../shared/kubernetes/fast-starts.ts";
import type { GuacamoleInstances } from "../shared/kubernetes/guacamole-instances.ts";
import type { MaintenanceSwitch } from "../shared/kubernetes/maintenance-switch.ts";
import type { Offers } from "../shared/kubernetes/offers.ts";
import type { Policies } from "../shared/kubernetes/policies.ts";
import type { PersonRecords } from "../shared/kubernetes/person-records.ts";
import type { TurnTaking } from "./gather/turn-taking.ts";
import type { ChangeLimit } from "./work/change-limit.ts";
import type { EventFaults } from "./work/event-faults.ts";
import type { Lately } from "./work/lately.ts";
import type { News } from "./work/news.ts";
import type { Queue } from "./work/read-queue.ts";
import type { Starts } from "./work/starts.ts";
import type { Rush } from "./work/rush.ts";
import type { Waits } from "./work/waits.ts";
import type { WhileUsed } from "./work/while-used.ts";
import type { Workspaces } from "../shared/kubernetes/workspaces.ts";

/** Everything in the outside world that functions use; made once by the composition root. */
export interface Services {
  settings: Settings;
  workspaces: Workspaces;
  policies: Policies;
  offers: Offers;
  /** What no policy may open to desktops. */
  reach: ReachLimits;
  records: PersonRecords;
  desktops: ClusterDesktops;
  guacamole: GuacamoleDesktops;
  /** What the doctor looks at, beside what the product uses every day. */
  estate: { cluster: EstateInCluster; database: EstateInDatabase; readIssuer: () => Promise<string> };
  server: ManagedServer;
  maintenance: MaintenanceSwitch;
  /** Images on nodes, and free places, before desktops need them. */
  fastStarts: FastStarts;
  /** Guacamole's own list of connections; undefined if it is not configured. */
  activeConnections: ActiveConnections | undefined;
  /** Since when Guacamole has been running; undefined if its pods are not configured. */
  guacamoleInstances: GuacamoleInstances | undefined;
  realmKeys: RealmKeys;
  verifyToken: VerifyToken;
  /** For the calls that stand in for timers: also takes the cluster's tokens, if the settings name an account. */
  verifyTimerToken: VerifyToken;
  verifyLogout: VerifyLogout;
  /** Undefined if Keycloak sends no events. */
  verifyWebhook: VerifyWebhook | undefined;
  /** Events of Keycloak that this process did not understand. */
  eventFaults: EventFaults;
  /** People at the identity provider; undefined if it is not configured. */
  directory: Directory | undefined;
  /** How often one person's desktop may be changed. */
  changes: ChangeLimit;
  /** Whose Secrets a reconciliation reads: those of desktops, and those that may be left without one. */
  secretTurns: { ofDesktops: TurnTaking; alone: TurnTaking };
  /** What is new about people, for callers who wait. */
  news: News;
  /** While it is used, news of records comes whichever process writes them. */
  recordWatch: WhileUsed;
  /** Who waits for a start, some seconds old: for people who only look, or who are far behind. */
  queue: () => Promise<Queue>;
  /** The same as it is now. */
  readQueue: () => Promise<Queue>;
  /** Who was told by this process that it is their turn, and has not looked since. */
  told: Lately;
  /** Every desktop, some seconds old and the worst first: shared by operators who look at the same time. */
  wholeEstate: () => Promise<WholeEstate>;
  /** How the last starts went. */
  starts: Starts;
  /** The callers who wait for operations in this process. */
  waits: Waits;
  /** People's requests for desktops go before other work. */
  rush: Rush;
  now: () => Date;
  /** When this process started. */
  startedAt: Date;
}

export function sessionRules({ settings }: Pick<Services, "settings">): SessionRules {
  return {
    graceMinutes: settings.LEAVE_GRACE_MINUTES,
    idleMinutes: settings.KEYCLOAK_SESSION_IDLE_MINUTES,
    maxMinutes: settings.KEYCLOAK_SESSION_MAX_MINUTES,
  };
}

export function namingRules({ settings }: Pick<Services, "settings">): NamingRules {
  return {
    namespace: settings.NAMESPACE,
    clusterDomain: settings.CLUSTER_DOMAIN,
    entityTemplate: settings.GUACAMOLE_ENTITY_TEMPLATE,
  };
}

/** Returns today's date in the time zone of the workspaces. */
export function today({ settings, now }: Pick<Services, "settings" | "now">): string {
  return dayIn(settings.TIME_ZONE, now());
}
