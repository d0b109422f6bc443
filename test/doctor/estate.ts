import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { AppsV1Api, CoreV1Api } from "@kubernetes/client-node";
import { applyDefaultDeny } from "../../local/sample-estate.ts";
import { keycloakAdmin, namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { type Answer, type Proxy, startProxy } from "./proxy.ts";

/** What Keycloak's admin API answered about clients (the file says when and how it was recorded). */
interface Recording {
  clients: Record<string, Record<string, unknown>[]>;
  clientScopes: unknown[];
  forbidden: Answer;
}

/** What of the estate is other than it should be, at the moment. */
export interface Broken {
  /** Rights that the API server does not give: `verb resource`. */
  rights?: readonly string[];
  /** True if the API server has no admission policy. */
  unlimited?: boolean;
  /** Answers of the API server by path. */
  cluster?: Readonly<Record<string, Answer>>;
  /** Changes of a client in Keycloak: its fields, over those that were recorded. Null: it does not exist. */
  clients?: Readonly<Record<string, object | null>>;
  /** True if Keycloak shows no clients. */
  hidden?: boolean;
}

/** A whole estate that is as it should be, on the stand-ins. */
export interface GoodEstate {
  estate: TestEstate;
  /** The doctor's settings. */
  settings: Readonly<Record<string, string>>;
  /** What is broken now; a test changes it, and resets it. */
  broken: Broken;
  close(): Promise<void>;
}

const deniedWords =
  "ValidatingAdmissionPolicy 'guacamole-workspaces' with binding 'guacamole-workspaces' denied request: configmaps guacamole-workspaces-doctor: it is no record of a person, nor the maintenance switch, nor how long starts took";
/**
 * What a ValidatingAdmissionPolicy answers to a dry run: recorded from kube-apiserver 1.37.2 with infra/kubernetes/base/admission.yaml,
 * as the product's account, 2026-11-28. The stand-in has none (test/control-plane/doctor.test.ts has a real one).
 */
const denied: Answer = {
  status: 422,
  body: {
    ...{ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", reason: "Invalid", code: 422 },
    message: `configmaps "guacamole-workspaces-doctor" is forbidden: ${deniedWords}`,
    details: { name: "guacamole-workspaces-doctor", kind: "configmaps", causes: [{ message: deniedWords }] },
  },
};

export async function startGoodEstate(folder: string): Promise<GoodEstate> {
  const recording = JSON.parse(await readFile(new URL("keycloak-26.7.3.json", import.meta.url), "utf8")) as Recording;
  const good: { broken: Broken } = { broken: {} };
  const proxies: Proxy[] = [];
  const proxied = async (to: string, answer: Parameters<typeof startProxy>[1]) => {
    const proxy = await startProxy(to, answer);
    proxies.push(proxy);
    return proxy.url;
  };
  const reached = new Map<string, string>();
  const linkTo = async (system: string, url: string) => {
    const link = await linkOf(system, url);
    reached.set(system, link);
    return link;
  };
  const linkOf = async (system: string, url: string) => {
    if (system === "cluster") return proxied(url, (...call) => answerCluster(good.broken, ...call));
    if (system !== "identity provider") return url;
    return proxied(url, (_method, asked) => answerKeycloak(good.broken, recording, asked));
  };
  const admin = { KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id, KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret };
  const own = { GUACAMOLE_LABELS: "app=guacamole", ...admin };
  const estate = await startTestEstate(undefined, own, undefined, false, { linkTo });
  await addPods(estate);
  await applyDefaultDeny(estate.kubeconfig, namespace);
  await openDesktop(estate);

  const server = estate.kubeconfig.getCurrentCluster()?.server ?? "";
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, estate.kubeconfig.exportConfig().replaceAll(server, reached.get("cluster") ?? ""));
  const { pathname } = new URL(estate.identity.issuer);
  const keycloak = reached.get("identity provider") ?? "";
  return {
    estate,
    settings: {
      KUBECONFIG: kubeconfig,
      NAMESPACE: namespace,
      DATABASE_URL: reached.get("database") ?? "",
      DESKTOP_IMAGE: "example.org/desktop:1",
      GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
      OIDC_ISSUER: estate.identity.issuer,
      OIDC_JWKS_URL: `${keycloak}${pathname}/protocol/openid-connect/certs`,
      KEYCLOAK_ADMIN_URL: keycloak,
      OIDC_AUDIENCE: "guacamole-workspaces",
      OIDC_CLIENTS: "workspace-action,guacamole-workspaces-cli",
      ...own,
    },
    get broken() {
      return good.broken;
    },
    set broken(value) {
      good.broken = value;
    },
    async close() {
      await Promise.all(proxies.map((each) => each.close()));
      await estate.close();
    },
  };
}

function answerCluster({ rights = [], unlimited, cluster = {} }: Broken, method: string, url: URL, body: string) {
  if (url.pathname.endsWith("/selfsubjectaccessreviews")) {
    const review = JSON.parse(body) as { spec: { resourceAttributes: { verb: string; resource: string } } };
    const { verb, resource } = review.spec.resourceAttributes;
    return { status: 201, body: { ...review, status: { allowed: !rights.includes(`${verb} ${resource}`) } } };
  }
  const isProbe = method === "POST" && url.searchParams.has("dryRun");
  return cluster[url.pathname] ?? (isProbe && !unlimited ? denied : undefined);
}

function answerKeycloak({ clients = {}, hidden }: Broken, recording: Recording, url: URL): Answer | undefined {
  const [, place] = /^\/admin\/realms\/sde\/(clients|client-scopes)\/?$/.exec(url.pathname) ?? [];
  if (place !== undefined && hidden) return recording.forbidden;
  if (place === "client-scopes") return { status: 200, body: recording.clientScopes };
  if (place === "clients") {
    const name = url.searchParams.get("clientId") ?? "";
    // The stand-in's client that looks people up is another than the recorded realm's.
    const found = recording.clients[name] ?? (name === keycloakAdmin.id ? [{ id: name, clientId: name }] : []);
    const change = clients[name];
    return { status: 200, body: change === null ? [] : found.map((each) => ({ ...each, ...change })) };
  }
  return undefined;
}

/** Pods of everything that desktops need: guacd, Guacamole, JupyterHub and DNS. */
async function addPods({ kubeconfig }: TestEstate): Promise<void> {
  const core = kubeconfig.makeApiClient(CoreV1Api);
  const apps = kubeconfig.makeApiClient(AppsV1Api);
  for (const [where, name, labels] of [
    [namespace, "guacd", { app: "guacd" }],
    [namespace, "guacamole", { app: "guacamole" }],
    ["jupyterhub", "jupyterhub", { app: "jupyterhub" }],
    ["kube-system", "coredns", { "k8s-app": "kube-dns" }],
  ] as const) {
    if (where === "jupyterhub") await core.createNamespace({ body: { metadata: { name: where } } });
    const template = {
      metadata: { labels },
      spec: { containers: [{ name, image: "example.org/any:1" }] },
    };
    const body = { metadata: { name }, spec: { selector: { matchLabels: labels }, template } };
    await apps.createNamespacedDeployment({ namespace: where, body });
  }
}

/** A desktop that its person opened, as Guacamole 1.6.0 writes it into its history: the name that it read from the claim (ConnectionRecordModel). */
async function openDesktop(estate: TestEstate): Promise<void> {
  await estate.ask("alice", "asthma-cohort");
  await estate.guacamole.query(
    `INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date)
     SELECT 'asthma-cohort@alice', connection_id, connection_name, now() FROM guacamole_connection`,
  );
}
