import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { startLocalCluster } from "@stand-in/cluster";
import { startLocalDatabase } from "@stand-in/database";
import {
  type Faults,
  type FunctionApp,
  type FunctionsHost,
  loadApp,
  type LogEntry,
  startFunctionsHost,
} from "@stand-in/functions-host";
import { customResources } from "./custom-resources.ts";
import { guacamoleUrl, type IdentitySource, startStandIn } from "./identity-source.ts";
import { useIssuer } from "./issuer.ts";
import { startKeycloakForPeople } from "./keycloak/for-start.ts";
import type { StartOptions } from "./options.ts";
import { keptSecret } from "./kept-secret.ts";
import { productRole } from "./product-role.ts";
import { passedOn } from "./passed-on.ts";
import { firstFree, readPorts, writePorts } from "./ports.ts";
import { said } from "./said.ts";
import { applyDefaultDeny, writeSampleEstate } from "./sample-estate.ts";
import { registerSources } from "./sources.ts";
import { neededByTheHost } from "./needed-by-the-host.ts";

/** Everything that runs after a start. */
export interface Estate {
  api: string;
  identity: IdentitySource;
  kubeconfig: KubeConfig;
  databaseUrl: string;
  namespace: string;
  host: FunctionsHost;
}

/** The default port of Azure Functions Core Tools. */
const usualPort = 7071;
const namespace = "guacamole";

/** Functions that stop what was started. */
export type Closers = (() => Promise<void>)[];

/** The product, which is built while the stand-ins start. */
export interface Product {
  root: string;
  build(): Promise<void>;
}

/**
 * Starts the requested stand-ins and the product on top of them. Each part adds its closer to `closers` as soon as it
 * has started, so that the caller can stop it even if a later part fails.
 */
export async function startEstate(
  options: StartOptions,
  product: Product,
  closers: Closers,
  tell: (what: string, detail: string) => void,
  log: (entry: LogEntry) => void,
  stop: AbortSignal,
): Promise<Estate> {
  const inState = (name: string) => join(options.state, name);
  // The same ports as at the last start: copied addresses, and the tokens issued for them, stay valid.
  const last = await readPorts(inState("ports.json"));
  const [databasePort, clusterPort, identityPort, guacamolePagePort] = [
    await firstFree(last.database),
    await firstFree(last.cluster),
    await firstFree(last.identity),
    await firstFree(last.guacamolePage),
  ];
  const started = <T extends { close(): Promise<void> }>(part: T): T => {
    closers.push(() => part.close());
    return part;
  };

  const [database, cluster, identity] = await allOrFirstError([
    options.databaseUrl === undefined
      ? startLocalDatabase({ directory: inState("database"), port: databasePort }).then(started)
      : Promise.resolve({ url: options.databaseUrl, port: databasePort }),
    options.kubeconfig === undefined
      ? startLocalCluster({ customResources, store: inState("cluster.sqlite"), port: clusterPort }).then(started)
      : null,
    startIdentitySource(
      options,
      { identity: identityPort, guacamolePage: guacamolePagePort },
      (words) => {
        tell("identity provider", words);
      },
      stop,
    ).then(started),
    product.build(),
  ] as const);
  const databaseUrl = database.url;
  const productUrl =
    options.databaseUrl ?? (await productRole(databaseUrl, await keptSecret(inState("database-role-secret"))));
  tell("database", options.databaseUrl === undefined ? "PostgreSQL with Guacamole's schema (local)" : "yours");
  tell("cluster", cluster ? `${cluster.url} (stand-in for Kubernetes)` : "yours");
  tell("identity provider", identity.description);

  const kubeconfigFile = options.kubeconfig ?? inState("kubeconfig");
  if (cluster) await writeFile(kubeconfigFile, cluster.kubeconfig, { mode: 0o600 });
  const kubeconfig = new KubeConfig();
  try {
    kubeconfig.loadFromFile(kubeconfigFile);
  } catch (error) {
    throw new Error(`read --kubeconfig: ${(error as Error).message} (name a kubeconfig file)`, { cause: error });
  }
  if (cluster || options.sampleEstate) {
    const written = writeSampleEstate(kubeconfig, namespace).then(() => applyDefaultDeny(kubeconfig, namespace));
    await written.catch((error: unknown) => {
      throw new Error(
        `write the sample estate: ${said(error)} (this needs an administrator of the cluster, and the two CRDs)`,
        { cause: error },
      );
    });
  }

  const app = await loadApp({
    appRoot: product.root,
    ...(options.sources && { load: registerSources }),
    environment: {
      LEAVE_GRACE_MINUTES: "1",
      GUACAMOLE_URL: guacamoleUrl(process.env),
      DESKTOP_IMAGE: "example.org/analytics-vnc-client:1.0.0",
      ...passedOn(process.env),
      TASKHUB_NAME: "local",
      ...neededByTheHost,
      KUBECONFIG: kubeconfigFile,
      NAMESPACE: namespace,
      DATABASE_URL: productUrl,
      ...identity.settings,
    },
  });
  if (options.crashAt !== undefined) expectActivity(app, options.crashAt);
  const port = options.port ?? (await firstFree(last.functions, usualPort));
  const faults: Faults = {
    afterActivity({ name }) {
      if (name === options.crashAt) process.kill(process.pid, "SIGKILL");
    },
  };
  // The state is locked, so no other process is working on the hub: its messages are free at once.
  const recovery = "at-once";
  const store = inState("task-hub.sqlite");
  const host = started(await startFunctionsHost({ app, store, recovery, port, faults, log }));
  await writePorts(inState("ports.json"), {
    functions: Number(new URL(host.url).port),
    cluster: cluster?.port ?? clusterPort,
    identity: identityPort,
    database: database.port,
    guacamolePage: guacamolePagePort,
    ...identity.ports,
  });
  await identity.tell(host.url);
  tell("functions", `${host.url}/api (stand-in for Azure Functions, for one machine)`);

  return { api: host.url, identity, kubeconfig, databaseUrl, namespace, host };
}

/** Throws if there is no such activity: the start would go on to its end, as if nothing had been asked for. */
function expectActivity({ functions }: FunctionApp, name: string): void {
  const isActivity = ({ metadata }: { metadata: { bindings: Record<string, { type: string }> } }) =>
    Object.values(metadata.bindings).some(({ type }) => type === "activityTrigger");
  const names = [...functions.values()].filter(isActivity).map(({ metadata }) => metadata.name);
  if (!names.includes(name))
    throw new Error(`read --crash-at: there is no activity ${name} (give one of ${names.sort().join(", ")})`);
}

/**
 * Waits for all, so that parts still starting when another one fails get closed too, and then throws the first error.
 */
async function allOrFirstError<T extends readonly unknown[]>(
  parts: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const results = await Promise.allSettled(parts);
  const failed = results.find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    -readonly [K in keyof T]: Awaited<T[K]>;
  };
}

function startIdentitySource(
  { issuer, keycloak, state }: StartOptions,
  ports: { identity: number; guacamolePage: number },
  say: (words: string) => void,
  stop: AbortSignal,
): Promise<IdentitySource> {
  if (issuer) return useIssuer(issuer, process.env);
  if (keycloak) return startKeycloakForPeople(state, ports, process.env, say, stop);
  return startStandIn(state, ports.identity, process.env);
}
