import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { request as ask, type Server, type ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { PostgreSQLManagementFlexibleServerClient } from "@azure/arm-postgresql-flexible";
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type * as credential from "../shared/azure/credential.ts";
import type { ProductError } from "../shared/errors.ts";
import { type Cluster, connectCluster } from "../shared/kubernetes/cluster.ts";
import { clusterCertificate } from "./cluster-certificate.ts";
import { expired } from "./expired-certificate.ts";
import { type IdentityEndpoint, notAssigned, startIdentityEndpoint } from "./identity-endpoint.ts";

/** Tokens of the app's identity, from the endpoint that App Service gives it to the systems that take them. */
const aks = "6dae42f8-4368-4678-94ff-3960e28e3630";
const postgresql = "https://ossrdbms-aad.database.windows.net";
const arm = "https://management.azure.com";

const minute = 60_000;
const namespace = "guacamole";
const configMaps = { apiVersion: "v1", kind: "ConfigMap" };
const path = `/api/v1/namespaces/${namespace}/configmaps`;
/** As kube-apiserver 1.37.2 answers to a token that it does not know. */
const unauthorized = {
  ...{ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" },
  ...{ message: "Unauthorized", reason: "Unauthorized", code: 401 },
};

let endpoint: IdentityEndpoint;
let identity: typeof credential;
let standIn: LocalCluster;
let core: CoreV1Api;
/** The stand-in behind TLS, for those with a token for AKS that has not ended. */
let front: Server;
let server: string;
/** How far the API server's clock is ahead. */
let aheadMilliseconds: number;
/** What was asked of it, with which token and answer; watches are marked. */
let calls: string[];
let watches: ServerResponse[];
/** Resolves at the next call that ends so. */
let heard: { ending: string; resolve: () => void }[];

const ca = (certificate: string) => Buffer.from(certificate).toString("base64");

beforeAll(async () => {
  endpoint = await startIdentityEndpoint();
  standIn = await startLocalCluster({ store: ":memory:" });
  const direct = new KubeConfig();
  direct.loadFromString(standIn.kubeconfig);
  core = direct.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  front = createServer(clusterCertificate, (request, response) => {
    const url = new URL(request.url ?? "", standIn.url);
    const token = (request.headers.authorization ?? "").replace(/^Bearer /, "");
    const mayPass = Date.now() + aheadMilliseconds < (endpoint.endOf(token, aks) ?? 0);
    const isWatch = url.searchParams.has("watch");
    const told = `${isWatch ? "watch" : "call"} ${token} ${mayPass ? 200 : 401}`;
    calls.push(told);
    for (const each of heard) if (told === each.ending) each.resolve();
    if (!mayPass) {
      response.writeHead(401, { "content-type": "application/json" }).end(JSON.stringify(unauthorized));
      return;
    }
    if (isWatch) watches.push(response);
    const passed = ask(url, { method: request.method, headers: { accept: "application/json" } }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      response.flushHeaders(); // a watch begins with its headers
      answer.pipe(response);
    });
    response.on("close", () => passed.destroy());
    passed.on("error", () => response.destroy());
    passed.end();
  });
  front.listen(0, "127.0.0.1");
  await once(front, "listening");
  server = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
});
afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await standIn.close();
  await endpoint.close();
});

beforeEach(async () => {
  [calls, watches, heard, aheadMilliseconds] = [[], [], [], 0];
  for (const [name, value] of Object.entries(endpoint.newIdentity())) vi.stubEnv(name, value);
  vi.resetModules();
  identity = await import("../shared/azure/credential.ts");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

function connected(trusted = clusterCertificate.cert): Cluster {
  return connectCluster({ by: "entra", server, ca: ca(trusted), token: () => identity.clusterToken() });
}
const told = (ending: string) =>
  new Promise<void>((resolve) => {
    heard.push({ ending, resolve });
  });
const later = (milliseconds: number) => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + milliseconds });
};
async function faultOf(work: Promise<unknown>): Promise<{ code: string; words: string; log: string }> {
  const { code, message, cause } = (await work.then(
    () => new Error("it worked"),
    (error: unknown) => error,
  )) as ProductError;
  return { code, words: message, log: String(cause) };
}

describe("tokens of the app's identity", () => {
  it("are asked for once for each audience, by 200 callers of each at the same time", async () => {
    const client = new PostgreSQLManagementFlexibleServerClient(identity.azureIdentity, randomUUID(), {
      httpClient: {
        sendRequest: (request) => {
          sent.push(request.headers.get("authorization") ?? "");
          const bodyAsText = JSON.stringify({ name: "db1", properties: { state: "Ready" } });
          return Promise.resolve({ request, status: 200, headers: request.headers, bodyAsText });
        },
      },
    });
    const sent: string[] = [];
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        await Promise.all([identity.clusterToken(), identity.databaseToken(), client.servers.get("g", "db1")]);
      }),
    );
    expect(endpoint.asked.sort()).toEqual([aks, arm, postgresql].sort());
    const used: [string, string][] = [
      [await identity.clusterToken(), aks],
      [await identity.databaseToken(), postgresql],
      [(sent[0] ?? "").replace("Bearer ", ""), arm],
    ];
    for (const [token, resource] of used) expect(endpoint.endOf(token, resource), resource).toBeDefined();
    expect(new Set(sent).size).toBe(1);
  });

  it.each([1, 24])("of %i h are renewed before they end, and by one request", async (hours) => {
    endpoint.lifeSeconds = hours * 3_600;
    const first = await identity.clusterToken();
    // MSAL renews what lives longer than two hours after half of its life, all else five minutes before the end.
    later(hours === 1 ? 56 * minute : 12.5 * 60 * minute);
    await vi.waitUntil(async () => {
      const all = await Promise.all(Array.from({ length: 200 }, () => identity.clusterToken()));
      return all.every((token) => token !== first);
    });
    expect(endpoint.asked).toEqual([aks, aks]);
  });

  it("are used to their last minute while the endpoint gives no new one", async () => {
    const first = await identity.clusterToken();
    endpoint.fault = notAssigned;
    later(58 * minute);
    expect(await identity.clusterToken()).toBe(first);
    later(1.5 * minute);
    await expect(identity.clusterToken()).rejects.toThrow("No User Assigned or Delegated Managed Identity");
    await expect(identity.databaseToken()).rejects.toMatchObject({ code: "guacamole-unavailable" });
  });
});

describe("CLUSTER_AUTH=entra", () => {
  it("logs in with calls and watches, and asks for one token for 200 of them", async () => {
    const cluster = connected();
    const changes = await cluster.watch([{ path }]);
    await Promise.all(Array.from({ length: 200 }, () => cluster.list(configMaps, namespace)));
    changes.close();
    expect(new Set(calls)).toEqual(new Set(["watch token-1 200", "call token-1 200"]));
    expect(endpoint.asked).toEqual([aks]);
  });

  it("logs in again with a new token when a watch ends after the old one", async () => {
    const added: string[] = [];
    const changed = Promise.withResolvers<undefined>();
    const following = connected().follow(
      configMaps,
      namespace,
      { path },
      {
        changed(_, { metadata }) {
          added.push(metadata?.name ?? "");
          changed.resolve(undefined);
        },
        missed: () => undefined,
      },
    );
    await following.live();
    later(61 * minute);
    const again = told("watch token-2 200");
    for (const watch of watches) watch.destroy(); // as the API server does after some minutes
    await again;
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: "news" } } });
    await changed.promise;
    following.close();
    expect(added).toEqual(["news"]);
    expect(calls.filter((call) => call.startsWith("watch"))).toEqual(["watch token-1 200", "watch token-2 200"]);
  });

  it("goes on watching with a new token after the old one was refused", async () => {
    const following = connected().follow(
      configMaps,
      namespace,
      { path },
      {
        changed: () => undefined,
        missed: () => undefined,
      },
    );
    await following.live();
    aheadMilliseconds = 58 * minute;
    later(3 * minute); // it has ended for the API server alone
    const refused = told("watch token-1 401");
    for (const watch of watches) watch.destroy();
    await refused;
    await vi.waitUntil(() =>
      following.live().then(
        () => false,
        (error: unknown) => String(error).includes("does not accept"),
      ),
    );
    const again = told("watch token-2 200");
    aheadMilliseconds = 0;
    later(57 * minute);
    await again;
    await following.live();
    following.close();
  });

  it("tells what to do about a token that is refused", async () => {
    aheadMilliseconds = 61 * minute;
    const cluster = connected();
    for (const work of [() => cluster.list(configMaps, namespace), () => cluster.watch([{ path }])])
      expect(await faultOf(work())).toMatchObject({
        code: "cluster-not-authenticated",
        log: expect.stringContaining("Entra integration is on in the cluster") as unknown,
      });
  });

  it("tells what to do about an identity that gives no token, and asks the API server nothing", async () => {
    endpoint.fault = notAssigned;
    const cluster = connected();
    const fault = {
      code: "cluster-not-authenticated",
      words: expect.stringContaining("the product has no credential (see the log)") as unknown,
      log: expect.stringMatching(/No User Assigned or Delegated.*check that the app has a managed identity/) as unknown,
    };
    const lists = Array.from({ length: 200 }, () => faultOf(cluster.list(configMaps, namespace)));
    for (const each of await Promise.all(lists)) expect(each).toMatchObject(fault);
    expect(await faultOf(cluster.watch([{ path }]))).toMatchObject(fault);
    expect([calls, endpoint.asked]).toEqual([[], [aks]]);
  });

  it("trusts the authority in CLUSTER_CA alone, and says so", async () => {
    const cluster = connected(expired.cert);
    expect(await faultOf(cluster.list(configMaps, namespace))).toEqual({
      code: "cluster-untrusted",
      words: expect.stringContaining("the API server's certificate is not trusted (see the log)") as unknown,
      log: expect.stringMatching(
        /CA: CLUSTER_CA; check CLUSTER_CA, and that the certificate is for the host/,
      ) as unknown,
    });
    const changes = await cluster.watch([{ path }]);
    changes.close();
    expect(calls).toEqual([]);
  });
});
