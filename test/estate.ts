import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import pg from "pg";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import {
  type Clock,
  type Faults,
  type FunctionApp,
  type FunctionsHost,
  loadApp,
  type LogEntry,
  startFunctionsHost,
  virtualClock,
} from "@stand-in/functions-host";
import { type IdentityProvider, startIdentityProvider, type User } from "@stand-in/identity";
import { customResources } from "../local/custom-resources.ts";
import type { DescribedRoute } from "../functions/http/route.ts";
import type { ToldOperation } from "../local/main-job.ts";
import { realmAdministrator, sampleUsers, serviceClient, writeSampleEstate } from "../local/sample-estate.ts";
import { registerSources } from "../local/sources.ts";
import { sampleToken } from "../local/token.ts";
import { expectDescribed } from "./answer-shapes.ts";
import { startTestDatabase } from "./test-database.ts";
import { describeWorld, type World } from "./world.ts";

export const namespace = "guacamole";
/**
 * Timers run when a test triggers them: one that fires by itself would change the task hub while a test compares it.
 */
const never = "0 0 0 29 2 *";
const apiAudience = "guacamole-workspaces";

export interface Reply<Body = ToldOperation> {
  status: number;
  headers: Headers;
  body: Body;
}

/** The product from its sources, on all stand-ins, in this process. Durable time is virtual: retries take no time. */
export interface TestEstate {
  /** The stand-in, for its faults; idle if the cluster is a real one. */
  readonly cluster: LocalCluster;
  readonly kubeconfig: KubeConfig;
  readonly identity: IdentityProvider;
  readonly guacamole: pg.Client;
  readonly host: FunctionsHost;
  /** The product as it was loaded. */
  readonly app: FunctionApp;
  /** The routes in the API's document. */
  readonly described: readonly DescribedRoute[];
  readonly clock: Clock;
  /** Faults that tests set and `mend` clears. */
  readonly faults: Faults;
  mend(): void;
  readonly log: LogEntry[];
  /** The file that holds the histories of the orchestrations. */
  readonly taskHub: string;
  /** Calls the API as a sample person. */
  call<Body = ToldOperation>(username: string, method: string, path: string, body?: unknown): Promise<Reply<Body>>;
  /** Calls the API as the login flow's client, which acts for any person. */
  callAsService<Body = ToldOperation>(
    method: string,
    path: string,
    body?: unknown,
    at?: FunctionsHost,
  ): Promise<Reply<Body>>;
  /** Keycloak tells the host that runs now what happens; undoes `identity.tell({})`, after which it tells nobody. */
  listen(): void;
  /** Asks for a workspace, or for none if null, and waits for the end of the operation. */
  ask(username: string, workspace: string | null): Promise<ToldOperation>;
  /** Waits for the end of an operation, or until it rests after a try that failed. */
  end(username: string, operation: ToldOperation): Promise<ToldOperation>;
  /** Everything that the product may have changed, in both systems. */
  world(): Promise<World>;
  /**
   * Kills the host as if its process had died, and starts another one on the same task hub, with the same app unless
   * another is given. In between, `whileDown` has the task hub's file to itself.
   */
  restartHost(change?: { app?: FunctionApp; whileDown?: () => Promise<void> }): Promise<void>;
  /**
   * Starts another host on the same task hub, which must be shared. The estate closes it.
   *
   * @param own true for an app of its own, as another process has: what one keeps in memory, the other does not know
   */
  addHost(own?: boolean): Promise<FunctionsHost>;
  close(): Promise<void>;
}

/** What only few tests need. */
export interface More {
  /** People at the identity provider besides the sample people. */
  users?: readonly User[];
  /** Returns the address at which the product reaches this one: a link that can be cut, see faults/links.ts. */
  linkTo?: (system: "cluster" | "database" | "identity provider", url: string) => Promise<string>;
  /** How long the identity provider's access tokens are valid. */
  tokenSeconds?: number;
  /** For tests that watch a start: its pods are ready at once otherwise. */
  readyAfterMs?: number;
}

/** The secret of Keycloak's webhook, and the client that administers the realm and reads it for the product. */
export const webhookSecret = "a webhook secret of the tests";
export const keycloakAdmin = realmAdministrator("an administrator's secret of the tests");

/** The body of an answer that a test relies on. Throws if the API refused: else the test would go on with a world that is not its own. */
export function accepted<Body>({ status, body }: Reply<Body>): Body {
  if (status < 200 || status > 299) throw new Error(`call the API: it answered ${status} ${JSON.stringify(body)}`);
  return body;
}

/**
 * @param real a real cluster instead of the stand-in: as the tests see it, and as the product does
 * @param settings settings of the product that add to or replace the usual ones
 * @param clock the task hub's clock; with the system clock, waits take real time
 * @param sharedHub true if more hosts may be added
 * @param more what only few tests need
 */
export async function startTestEstate(
  real?: { admin: KubeConfig; product: KubeConfig },
  settings: Readonly<Record<string, string>> = {},
  clock: Clock = virtualClock(new Date()),
  sharedHub = false,
  { users = [], linkTo, tokenSeconds, readyAfterMs = 20 }: More = {},
): Promise<TestEstate> {
  const folder = await mkdtemp(join(tmpdir(), "estate-"));
  const secret = "a secret of the tests";
  const [database, cluster, identity] = await Promise.all([
    startTestDatabase(join(folder, "database")),
    startLocalCluster({
      customResources,
      store: ":memory:",
      podDelays: { scheduledAfterMs: 5, runningAfterMs: 10, readyAfterMs, goneAfterMs: 5 },
    }),
    startIdentityProvider({
      store: ":memory:",
      audience: apiAudience,
      clients: [serviceClient(secret), keycloakAdmin],
      users: [...sampleUsers, ...users],
      ...(tokenSeconds !== undefined && { tokenSeconds }),
    }),
  ]);
  const standIn = new KubeConfig();
  standIn.loadFromString(cluster.kubeconfig);
  const kubeconfig = real?.admin ?? standIn;
  const kubeconfigFile = join(folder, "kubeconfig");
  const productConfig = (real?.product ?? standIn).exportConfig();
  const server = kubeconfig.getCurrentCluster()?.server ?? "";
  const linkedServer = (await linkTo?.("cluster", server)) ?? server;
  await writeFile(kubeconfigFile, productConfig.replaceAll(server, linkedServer));
  const { origin, pathname: realmPath } = new URL(identity.issuer);
  const linkedIdentity = await linkTo?.("identity provider", origin);
  const linkedDatabase = (await linkTo?.("database", database.productUrl)) ?? database.productUrl;
  await writeSampleEstate(kubeconfig, namespace);
  const guacamole = new pg.Client({ connectionString: database.url });
  await guacamole.connect();

  let described: readonly DescribedRoute[] = [];
  const load = () =>
    loadApp({
      appRoot: dirname(dirname(fileURLToPath(import.meta.url))),
      environment: {
        TASKHUB_NAME: "tests",
        KUBECONFIG: kubeconfigFile,
        NAMESPACE: namespace,
        DATABASE_URL: linkedDatabase,
        OIDC_ISSUER: identity.issuer,
        ...(linkedIdentity !== undefined && {
          OIDC_JWKS_URL: `${linkedIdentity}${realmPath}/protocol/openid-connect/certs`,
          KEYCLOAK_ADMIN_URL: linkedIdentity,
        }),
        OIDC_AUDIENCE: apiAudience,
        OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli",
        GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
        DESKTOP_IMAGE: "example.org/desktop:1",
        DESKTOP_UNSCHEDULABLE_GRACE_SECONDS: "1",
        WAKE_SCHEDULE: never,
        REAP_SCHEDULE: never,
        RECONCILE_SCHEDULE: never,
        UPKEEP_SCHEDULE: never,
        PERSON_CHANGES_PER_MINUTE: "100000", // tests ask as fast as they can
        READY_KEPT_SECONDS: "0", // tests ask for what has just changed
        KEYCLOAK_WEBHOOK: "hmac",
        KEYCLOAK_WEBHOOK_SECRET: webhookSecret,
        ...settings,
      },
      load: async (environment) => {
        const { routes } = await registerSources(environment);
        described = routes.flatMap((route) => route.described);
      },
    });
  const app = await load();
  const faults: Faults = {};
  const log: LogEntry[] = [];
  const store = join(folder, "task-hub.sqlite");
  const startHost = (started = app) =>
    startFunctionsHost({ app: started, store, clock, faults, sharedHub, log: (entry) => log.push(entry) });
  const others: FunctionsHost[] = [];
  let host = await startHost();
  const audience = settings["KEYCLOAK_WEBHOOK_AUDIENCE"];
  const listen = () => {
    identity.tell({
      backchannelLogout: `${host.url}/api/keycloak/backchannel-logout`,
      webhook: {
        url: `${host.url}/api/keycloak/events`,
        ...(audience === undefined ? { secret: webhookSecret } : { audience }),
      },
    });
  };
  listen();

  const request = async <Body>(
    token: string,
    method: string,
    path: string,
    body?: unknown,
    at = host,
  ): Promise<Reply<Body>> => {
    const response = await fetch(`${at.url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    expectDescribed(described, method, path, response.status, answer);
    return { status: response.status, headers: response.headers, body: answer as Body };
  };
  const serviceToken = async () => {
    const response = await fetch(`${identity.issuer}/protocol/openid-connect/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: serviceClient(secret).id,
        client_secret: secret,
      }),
    });
    return ((await response.json()) as { access_token: string }).access_token;
  };

  const estate: TestEstate = {
    cluster,
    kubeconfig,
    identity,
    guacamole,
    get host() {
      return host;
    },
    ...{ app, described },
    clock,
    faults,
    mend() {
      delete faults.beforeActivity;
      delete faults.afterActivity;
    },
    log,
    taskHub: store,
    call: async (username, method, path, body) =>
      request(await sampleToken(identity.issuer, username), method, path, body),
    callAsService: async (method, path, body, at) => request(await serviceToken(), method, path, body, at),
    listen,
    async ask(username, workspace) {
      const path = `/users/${username}/desktop`;
      const { body } =
        workspace === null
          ? await estate.call(username, "DELETE", path)
          : await estate.call(username, "PUT", path, { workspace });
      return estate.end(username, body);
    },
    async end(username, operation) {
      if (!("id" in operation)) throw new Error(`ask for a desktop: ${JSON.stringify(operation)}`);
      let told: ToldOperation = operation;
      while (told.state === "pending" || told.state === "running") {
        await host.whenIdle();
        const reply = await estate.call(username, "GET", `/operations/${operation.id}`);
        if (reply.status >= 400) throw new Error(`read operation: ${JSON.stringify(reply.body)}`);
        told = reply.body;
        // A goal that failed is not tried again before the wake timer's next run.
        if (told.trouble) return told;
      }
      return told;
    },
    world: () => describeWorld(kubeconfig, guacamole, namespace),
    async restartHost(change) {
      await host.kill();
      await change?.whileDown?.();
      host = await startHost(change?.app);
      listen();
    },
    async addHost(own = false) {
      const other = await startHost(own ? await load() : app);
      others.push(other);
      return other;
    },
    async close() {
      await Promise.all([host, ...others].map((each) => each.close()));
      await guacamole.end();
      await Promise.all([database.close(), cluster.close(), identity.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return estate;
}
