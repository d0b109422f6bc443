import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { CoreV1Api, KubeConfig, type V1ConfigMap } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type LocalCluster, startLocalCluster } from "@stand-in/cluster";
import { expired } from "../../test/expired-certificate.ts";
import type { ProductError } from "../errors.ts";
import { type Cluster, clusterOf } from "./cluster.ts";

/** The stand-in, behind something that can answer in its place. */
const namespace = "guacamole";
const configMaps = { apiVersion: "v1", kind: "ConfigMap" };
/** More than two pages. */
const many = 1_100;

interface Answer {
  status: number;
  retryAfter?: string;
  type?: string;
  body: string;
}

let standIn: LocalCluster;
let core: CoreV1Api;
let cluster: Cluster;
const servers: Server[] = [];
/** Answers a list of ConfigMaps in the stand-in's place; undefined lets it through. */
let instead: (query: URLSearchParams) => Answer | undefined | Promise<Answer | undefined> = () => undefined;
let lists: string[] = [];

async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

const forward: RequestListener = (request, response) => {
  void (async () => {
    const url = new URL(request.url ?? "", standIn.url);
    const isList = request.method === "GET" && url.pathname.endsWith("/configmaps") && !url.searchParams.has("watch");
    if (isList) lists.push(`${url.searchParams.get("limit") ?? "all"}${url.searchParams.has("continue") ? " on" : ""}`);
    const answer = isList ? await instead(url.searchParams) : undefined;
    const reply = answer ? undefined : await fetch(url, { headers: { accept: "application/json" } });
    response.statusCode = answer?.status ?? reply?.status ?? 0;
    if (answer?.retryAfter !== undefined) response.setHeader("retry-after", answer.retryAfter);
    response.setHeader("content-type", answer?.type ?? reply?.headers.get("content-type") ?? "application/json");
    response.end(answer?.body ?? (await reply?.text()));
  })();
};

function kubeconfigFor(server: string, cluster: object = {}, user: object = {}): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "c", server, skipTLSVerify: server.startsWith("http:"), ...cluster },
    { name: "u", ...user },
  );
  return config;
}

beforeAll(async () => {
  standIn = await startLocalCluster({ store: ":memory:", keepChanges: 5 });
  const direct = new KubeConfig();
  direct.loadFromString(standIn.kubeconfig);
  core = direct.makeApiClient(CoreV1Api);
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  for (let i = 0; i < many; i += 1) await write(`c-${String(i).padStart(5, "0")}`);
  cluster = clusterOf(kubeconfigFor(`http://127.0.0.1:${await listening(createServer(forward))}`));
});
afterAll(async () => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  await standIn.close();
});
afterEach(() => {
  instead = () => undefined;
  lists = [];
});

const write = (name: string) => core.createNamespacedConfigMap({ namespace, body: { metadata: { name } } });
/** Makes continue tokens expire, as the stand-in keeps few changes. */
async function expire(): Promise<void> {
  for (let i = 0; i < 7; i += 1) {
    await write("passing");
    await core.deleteNamespacedConfigMap({ namespace, name: "passing" });
  }
}
const namesOf = (all: readonly V1ConfigMap[]) =>
  all.flatMap(({ metadata }) => metadata?.name?.match(/^c-.*/) ?? []).sort();
async function paged(): Promise<V1ConfigMap[]> {
  const all: V1ConfigMap[] = [];
  for await (const page of cluster.pages<V1ConfigMap>(configMaps, namespace)) all.push(...page);
  return all;
}
const status = (code: number, message: string, reason = "Some"): Answer => ({
  status: code,
  body: JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", message, reason, code }),
});
const html: Answer = { status: 200, type: "text/html", body: "<html>hunter2</html>" };

describe.each([
  ["list", () => cluster.list<V1ConfigMap>(configMaps, namespace)],
  ["pages", () => paged()],
] as const)("a %s that expires between two pages", (_, read) => {
  it("is begun again, and each object is there once", async () => {
    let times = 0;
    instead = async (query) => {
      if (query.has("continue") && times++ === 1) await expire();
      return undefined;
    };
    const all = namesOf(await read());
    expect([all.length, new Set(all).size]).toEqual([many, many]);
    expect(lists).toEqual(["500", "500 on", "500 on", "500", "500 on", "500 on"]);
  });

  it("is read without pages if it expires again and again", async () => {
    instead = async (query) => {
      if (query.has("continue")) await expire();
      return undefined;
    };
    expect(namesOf(await read())).toHaveLength(many);
    expect(lists).toEqual(["500", "500 on", "500", "500 on", "500", "500 on", "500", "500 on", "all"]);
  });

  it("fails if it expires before it began", async () => {
    instead = () => status(410, "too old", "Expired");
    await expect(read()).rejects.toMatchObject({
      code: "step-failed",
      message: expect.stringContaining("410 too old") as unknown,
    });
    expect(lists).toEqual(["500"]);
  });
});

describe("a read that the API server is too busy for", () => {
  const list = () => cluster.list<V1ConfigMap>(configMaps, namespace);

  it.each([429, 503])("(%i) is made once more", async (code) => {
    const answers = [{ ...status(code, "busy"), retryAfter: "0" }];
    instead = () => answers.shift();
    expect(namesOf(await list())).toHaveLength(many);
    expect(lists).toEqual(["500", "500", "500 on", "500 on"]);
  });

  it("is not made a third time", async () => {
    instead = () => ({ ...status(429, "busy"), retryAfter: "0" });
    await expect(list()).rejects.toMatchObject({ code: "cluster-overloaded", retryAfterSeconds: 0 });
    expect(lists).toHaveLength(2);
  });

  it("for long is not made again: the caller learns when to ask", async () => {
    instead = () => ({ ...status(429, "busy"), retryAfter: "30" });
    await expect(list()).rejects.toMatchObject({ code: "cluster-overloaded", retryAfterSeconds: 30 });
    expect(lists).toHaveLength(1);
  });

  it("and that it refuses for another reason is not made again", async () => {
    instead = () => status(500, "broken");
    await expect(list()).rejects.toMatchObject({ code: "cluster-failed", retryAfterSeconds: undefined });
    expect(lists).toHaveLength(1);
  });
});

it("a call's time limit begins with its turn, and not while it waits for it", async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<undefined>();
  const own = clusterOf(kubeconfigFor(`http://127.0.0.1:${await listening(createServer(forward))}`));
  const read = () => own.list(configMaps, namespace, { labels: "none" });
  await read(); // which kinds there are is read once
  lists = [];
  instead = async () => {
    await answered;
    return undefined;
  };
  const limits = vi.spyOn(globalThis, "setTimeout");
  const limited = () => limits.mock.calls.filter(([, milliseconds]) => milliseconds === 15_000).length;
  const reads = Array.from({ length: 100 }, read);
  await expect.poll(() => lists.length).toBe(32);
  expect(limited()).toBe(32);
  answer(undefined);
  await Promise.all(reads);
  expect([lists.length, limited()]).toEqual([100, 100]);
  limits.mockRestore();
});

it("a watch that expires is a change, and no failure", async () => {
  const event = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };
  for (const answer of [
    { code: 200, body: `${JSON.stringify(event)}\n` },
    { code: 410, body: "{}" },
  ]) {
    const port = await listening(
      createServer((_, response) => {
        response.statusCode = answer.code;
        response.end(answer.body);
      }),
    );
    const changes = await clusterOf(kubeconfigFor(`http://127.0.0.1:${port}`)).watch([{ path: "/api/v1/pods" }]);
    await changes.next(answer.code === 200 ? 60_000 : 1);
    changes.close();
  }
});

async function faultOf(work: () => Promise<unknown>): Promise<{ code: string; words: string; log: string }> {
  try {
    await work();
  } catch (error) {
    const { code, message, cause } = error as ProductError;
    return { code, words: message, log: String(cause) };
  }
  throw new Error("it worked");
}

describe("what went wrong is told for what it is:", () => {
  const rbac = 'configmaps is forbidden: User "system:serviceaccount:g:p" cannot list resource "configmaps"';
  it.each<[string, Answer, string, RegExp]>([
    ["401", status(401, "Unauthorized"), "cluster-not-authenticated", /does not accept the product's credential/],
    ["403 by a role", status(403, rbac), "cluster-not-allowed", /the product's role does not allow it/],
    ["403 by admission", status(403, "exceeded quota"), "step-failed", /403 exceeded quota/],
    ["404", status(404, "namespaces not found"), "step-failed", /404 namespaces not found/],
    [
      "404 of something in between",
      { status: 404, type: "text/plain", body: "404 page not found" },
      "cluster-failed",
      /does not know this kind of object/,
    ],
    ["409", status(409, "was modified"), "step-failed", /409 was modified/],
    ["422", status(422, "is invalid"), "step-failed", /422 is invalid/],
    ["429", status(429, "too many requests"), "cluster-overloaded", /is busy: 429/],
    ["500", status(500, "etcdserver: request timed out"), "cluster-failed", /the API server failed: 500 etcd/],
    ["503", status(503, "apiserver is shutting down"), "cluster-failed", /the API server failed: 503 apiserver/],
    [
      "503 of something in between",
      { status: 503, type: "text/html", body: "<html>hunter2</html>" },
      "cluster-failed",
      /the API server failed: 503 no reason given/,
    ],
    ["a page instead of an answer", html, "cluster-failed", /not one of the Kubernetes API/],
    [
      "a page that claims to be JSON",
      { ...html, type: "application/json" },
      "cluster-failed",
      /not one of the Kubernetes API/,
    ],
    [
      "half an answer",
      { status: 200, body: '{"kind":"ConfigMapList","items":[{"data":"hunter2"' },
      "cluster-failed",
      /not one of the Kubernetes API/,
    ],
    ["another answer", { status: 200, body: '{"hunter2":1}' }, "cluster-failed", /not one of the Kubernetes API/],
  ])("%s", async (_, answer, code, words) => {
    instead = () => answer;
    for (const read of [() => cluster.list(configMaps, namespace), paged]) {
      const fault = await faultOf(read);
      expect(fault).toMatchObject({ code, words: expect.stringMatching(words) as unknown });
      expect(fault.words).not.toMatch(/does not answer|serviceaccount/);
      expect(`${fault.words} ${fault.log}`).not.toContain("hunter2");
    }
  });

  it("no objects in an empty list that Go wrote as null", async () => {
    instead = () => ({ status: 200, body: '{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":null}' });
    expect(await paged()).toEqual([]);
  });

  it("a page of something in between is not an object that is absent", async () => {
    const port = await listening(
      createServer((request, response) => {
        const isDiscovery = request.url === "/api/v1";
        response.statusCode = isDiscovery ? 200 : 404;
        response.setHeader("content-type", "application/json");
        response.end(
          isDiscovery
            ? JSON.stringify({ resources: [{ name: "configmaps", kind: "ConfigMap", namespaced: true }] })
            : "<html>",
        );
      }),
    );
    const behind = clusterOf(kubeconfigFor(`http://127.0.0.1:${port}`));
    const reference = { ...configMaps, metadata: { name: "x", namespace } };
    expect(await faultOf(() => behind.read(reference))).toMatchObject({ code: "cluster-failed" });
    expect(await cluster.read(reference)).toBeNull();
  });

  it("a network failure alone is no answer", async () => {
    const closed = createServer();
    const port = await listening(closed);
    closed.close();
    const hangsUp = await listening(createServer((request) => request.socket.destroy()));
    for (const each of [port, hangsUp]) {
      const read = () => clusterOf(kubeconfigFor(`http://127.0.0.1:${each}`)).list(configMaps, namespace);
      expect(await faultOf(read)).toMatchObject({
        code: "cluster-unavailable",
        words: expect.stringContaining("does not answer") as unknown,
      });
    }
  });

  it("a name that DNS does not know", async () => {
    const read = () => clusterOf(kubeconfigFor("https://kubernetes.invalid:6443")).list(configMaps, namespace);
    expect(await faultOf(read)).toMatchObject({
      code: "cluster-unavailable",
      words: expect.stringContaining("is not known to DNS") as unknown,
    });
  });

  it("a certificate that nobody trusts, or that has expired, with the CA", async () => {
    const port = await listening(createTlsServer(expired, forward));
    const caData = Buffer.from(expired.cert).toString("base64");
    for (const [own, ca, why] of [
      [{}, "CA: those of Node", /certificate/],
      [{ caData }, "CA: certificate-authority-data of c", /expired/],
    ] as const) {
      const fault = await faultOf(() =>
        clusterOf(kubeconfigFor(`https://127.0.0.1:${port}`, own)).list(configMaps, namespace),
      );
      expect(fault).toMatchObject({
        code: "cluster-untrusted",
        words: expect.stringContaining("certificate is not trusted") as unknown,
      });
      expect(fault.log).toContain(ca);
      expect(fault.log).toMatch(why);
    }
  });

  it("a server that speaks no TLS", async () => {
    const port = await listening(createServer(forward));
    const read = () => clusterOf(kubeconfigFor(`https://127.0.0.1:${port}`)).list(configMaps, namespace);
    expect(await faultOf(read)).toMatchObject({ code: "cluster-untrusted" });
  });

  it.each([
    ["fails", "echo 'no session' >&2; exit 1", /no session/],
    ["prints no JSON", "echo hunter2", /what the plugin printed is not JSON/],
  ])("a plugin that %s", async (_, script, log) => {
    const exec = { command: "/bin/sh", args: ["-c", script] };
    const behind = clusterOf(kubeconfigFor(standIn.url, {}, { exec }));
    for (const work of [() => behind.list(configMaps, namespace), () => behind.watch([{ path: "/api/v1/pods" }])]) {
      const fault = await faultOf(work);
      expect(fault).toMatchObject({
        code: "cluster-not-authenticated",
        words: expect.stringContaining("has no credential") as unknown,
        log: expect.stringMatching(log) as unknown,
      });
      expect(fault.log).not.toContain("hunter2");
    }
  });

  it("a watch that is not allowed, and one that is not authenticated", async () => {
    for (const [code, expected] of [
      [401, "cluster-not-authenticated"],
      [403, "cluster-not-allowed"],
    ] as const) {
      const port = await listening(
        createServer((_, response) => {
          response.statusCode = code;
          response.end();
        }),
      );
      const watching = clusterOf(kubeconfigFor(`http://127.0.0.1:${port}`));
      expect(await faultOf(() => watching.watch([{ path: "/api/v1/pods" }]))).toMatchObject({ code: expected });
    }
  });
});
