import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { HttpMethod, KubeConfig, RequestContext, type V1ConfigMap } from "@kubernetes/client-node";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Cluster, clusterOf } from "./cluster.ts";
import { plainHttp } from "./http-calls.ts";

/** Answers as kube-apiserver 1.37 does: lists above 128 KiB compressed, if the client takes gzip (apiserver, writers.go). */
const namespace = "guacamole";
const configMaps = { apiVersion: "v1", kind: "ConfigMap" };
const servers: Server[] = [];

async function serve(answer: RequestListener): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === "/api/v1") {
      const resource = { name: "configmaps", kind: "ConfigMap", namespaced: true, singularName: "", verbs: ["list"] };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ kind: "APIResourceList", groupVersion: "v1", resources: [resource] }));
    } else answer(request, response);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function clusterWith(answer: RequestListener): Promise<Cluster> {
  const config = new KubeConfig();
  const token = "a token";
  config.loadFromClusterAndUser({ name: "c", server: await serve(answer), skipTLSVerify: true }, { name: "u", token });
  return clusterOf(config);
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

const items = Array.from({ length: 500 }, (_, index) => ({
  metadata: { name: `c-${index}` },
  data: { ä: "ö".repeat(300) },
}));
const list = JSON.stringify({ kind: "ConfigMapList", apiVersion: "v1", metadata: { resourceVersion: "7" }, items });

it("reads a list that comes compressed, and says who asks", async () => {
  const asked: (string | undefined)[] = [];
  const cluster = await clusterWith(({ headers }, response) => {
    asked.push(headers["accept-encoding"], headers["user-agent"], headers.authorization);
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(list));
  });
  const found = await cluster.list<V1ConfigMap>(configMaps, namespace);
  expect(found.map(({ data }) => data)).toEqual(items.map(({ data }) => data));
  expect(asked).toEqual(["gzip", "guacamole-workspaces", "Bearer a token"]);
});

it("does not read what only says that it is compressed", async () => {
  const cluster = await clusterWith((_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(list);
  });
  await expect(cluster.list(configMaps, namespace)).rejects.toMatchObject({ code: "cluster-failed" });
});

it("takes its credential nowhere else", async () => {
  let elsewhere = 0;
  const other = await serve((_, response) => {
    elsewhere += 1;
    response.writeHead(200, { "content-type": "application/json" }).end(list);
  });
  const cluster = await clusterWith(({ url }, response) => {
    response.writeHead(307, { location: `${other}${url}` }).end();
  });
  await expect(cluster.list(configMaps, namespace)).rejects.toMatchObject({ code: "cluster-failed" });
  expect(elsewhere).toBe(0);
});

describe("a call that takes too long", () => {
  /** Sends a request as the client library does, with connections of its own. */
  async function ask(url: string, limitMilliseconds = 15_000) {
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: "c", server: url, skipTLSVerify: true }, { name: "u", token: "a token" });
    const request = new RequestContext(`${url}/api/v1/namespaces`, HttpMethod.GET);
    await config.applySecurityAuthentication(request);
    return plainHttp(limitMilliseconds).send(request).toPromise();
  }

  it.each<[string, RequestListener]>([
    ["an answer that does not come", () => undefined],
    ["one that does not end", (_, response) => response.write("{")],
  ])("is given up, and its connection is closed: %s", async (_, answer) => {
    const closed = Promise.withResolvers<undefined>();
    const url = await serve((request, response) => {
      request.socket.on("close", () => {
        closed.resolve(undefined);
      });
      answer(request, response);
    });
    await expect(ask(url, 50)).rejects.toMatchObject({ name: "TimeoutError" });
    await closed.promise;
  });

  it("is given up before it has a connection, and is not sent when it gets one", async () => {
    const request = new RequestContext("http://127.0.0.1/api", HttpMethod.GET);
    const aborted: string[] = [];
    const got = Promise.withResolvers<() => void>();
    // As undici's Client: the handler learns of its request when a connection takes it (undici 8.12.4, lib/core/request.js).
    const dispatcher = {
      dispatch(_: object, handler: { onRequestStart: (controller: object) => void }) {
        got.resolve(() => {
          handler.onRequestStart({ abort: ({ name }: Error) => aborted.push(name) });
        });
        return true;
      },
    };
    request.setDispatcher(dispatcher as unknown as NonNullable<ReturnType<RequestContext["getDispatcher"]>>);
    await expect(plainHttp(1).send(request).toPromise()).rejects.toMatchObject({ name: "TimeoutError" });
    (await got.promise)();
    expect(aborted).toEqual(["TimeoutError"]);
  });

  it("leaves no limit behind once it was answered, or failed", async () => {
    const [begun, ended] = [vi.spyOn(globalThis, "setTimeout"), vi.spyOn(globalThis, "clearTimeout")];
    expect((await ask(await serve((_, response) => response.end("{}")))).httpStatusCode).toBe(200);
    await expect(ask("http://127.0.0.1:1")).rejects.toMatchObject({ code: "ECONNREFUSED" });
    const limits = begun.mock.results.filter((_, index) => begun.mock.calls[index]?.[1] === 15_000);
    expect(limits).toHaveLength(2);
    for (const { value } of limits) expect(ended.mock.calls.some(([timer]) => timer === value)).toBe(true);
    vi.restoreAllMocks();
  });
});
