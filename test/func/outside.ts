import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import pg from "pg";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { type IdentityProvider, startIdentityProvider } from "@stand-in/identity";
import { customResources } from "../../local/custom-resources.ts";
import { sampleUsers, serviceClient, writeSampleEstate } from "../../local/sample-estate.ts";
import { sampleToken } from "../../local/token.ts";
import { startTestDatabase } from "../test-database.ts";

/** Who calls the API: a sample person, or a client of the realm. */
export type Caller = "alice" | "bob" | "olga" | "service" | "offboarding" | "monitoring";

/** The systems that the product works with, on loopback and reachable from another process. */
export interface Outside {
  readonly cluster: LocalCluster;
  readonly kubeconfig: KubeConfig;
  readonly guacamole: pg.Client;
  readonly identity: IdentityProvider;
  /** The product's settings for these systems. */
  readonly settings: Readonly<Record<string, string>>;
  readonly webhookSecret: string;
  token: (caller: Caller) => Promise<string>;
  close: () => Promise<void>;
}

export const namespace = "guacamole";
const audience = "guacamole-workspaces";
/** Often, so that a test sees the timers fire soon. */
const everyTwoSeconds = "*/2 * * * * *";

/**
 * Starts stand-ins for Kubernetes and Keycloak and a real PostgreSQL, with the sample estate in them.
 *
 * @param settingsFolder where the kubeconfig is written; a host in a container must see it
 */
export async function startOutside(settingsFolder?: string): Promise<Outside> {
  const folder = await mkdtemp(join(tmpdir(), "func-outside-"));
  const secret = randomBytes(16).toString("hex");
  const webhookSecret = randomBytes(16).toString("hex");
  const clients = [
    serviceClient(secret),
    { id: "leavers", secret, roles: ["desktop-offboarding"] },
    { id: "watcher", secret, roles: ["desktop-monitoring"] },
  ];
  const clientOf: Partial<Record<Caller, string>> = {
    service: "workspace-action",
    offboarding: "leavers",
    monitoring: "watcher",
  };
  const [database, cluster, identity] = await Promise.all([
    startTestDatabase(join(folder, "database")),
    startLocalCluster({ customResources, store: ":memory:" }),
    startIdentityProvider({ store: ":memory:", audience, clients, users: sampleUsers }),
  ]);
  const kubeconfig = new KubeConfig();
  kubeconfig.loadFromString(cluster.kubeconfig);
  const kubeconfigFile = join(settingsFolder ?? folder, "kubeconfig");
  await mkdir(dirname(kubeconfigFile), { recursive: true });
  await writeFile(kubeconfigFile, cluster.kubeconfig, { mode: 0o600 });
  await writeSampleEstate(kubeconfig, namespace);
  const guacamole = new pg.Client({ connectionString: database.url });
  await guacamole.connect();

  return {
    ...{ cluster, kubeconfig, guacamole, identity, webhookSecret },
    settings: {
      // Letters and digits only; each run has its own hub.
      TASKHUB_NAME: `func${randomBytes(4).toString("hex")}`,
      KUBECONFIG: kubeconfigFile,
      NAMESPACE: namespace,
      DATABASE_URL: database.productUrl,
      GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
      OIDC_ISSUER: identity.issuer,
      OIDC_AUDIENCE: audience,
      OIDC_CLIENTS: ["guacamole-workspaces-cli", "desktops-portal", ...clients.map(({ id }) => id)].join(","),
      DESKTOP_IMAGE: "example.org/desktop:1",
      WAKE_SCHEDULE: everyTwoSeconds,
      REAP_SCHEDULE: everyTwoSeconds,
      KEYCLOAK_WEBHOOK: "hmac",
      KEYCLOAK_WEBHOOK_SECRET: webhookSecret,
    },
    async token(caller) {
      const client = clientOf[caller];
      return client === undefined ? sampleToken(identity.issuer, caller) : clientToken(identity.issuer, client, secret);
    },
    async close() {
      await guacamole.end();
      await Promise.all([database.close(), cluster.close(), identity.close()]);
      await rm(kubeconfigFile, { force: true });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function clientToken(issuer: string, id: string, secret: string): Promise<string> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "client_credentials", client_id: id, client_secret: secret }),
  });
  const { access_token: token } = (await response.json()) as { access_token?: string };
  if (token === undefined) throw new Error(`get a token for ${id}: status ${response.status}`);
  return token;
}
