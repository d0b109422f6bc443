import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { KubeConfig, type V1ConfigMap } from "@kubernetes/client-node";
import { afterEach, expect, it } from "vitest";
import { type Cluster, clusterOf } from "./cluster.ts";

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
