import { once } from "node:events";
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectCluster } from "../../shared/kubernetes/cluster.ts";
import { expired } from "../expired-certificate.ts";
import { describeOnControlPlane } from "./available.ts";
import { namespace, prepare, type Prepared, prepareMilliseconds } from "./prepared.ts";

/** Every way in which a kubeconfig logs in, at a real API server with a certificate of its own. */
describeOnControlPlane("a kubeconfig", () => {
  let prepared: Prepared;
  let folder: string;
  let server: string;
  let port: number;
  const close: (() => void)[] = [];

  beforeAll(async () => {
    prepared = await prepare();
    folder = await mkdtemp(join(tmpdir(), "kubeconfigs-"));
    server = prepared.plane.admin.getCurrentCluster()?.server ?? "";
    port = Number(new URL(server).port);
    const certificates = join(dirname(prepared.plane.kubeconfigFile), "certs");
    for (const file of ["apiserver.crt", "apiserver.key"]) await copyFile(join(certificates, file), join(folder, file));
  }, prepareMilliseconds);
  afterAll(async () => {
    for (const each of close) each();
    await prepared.close();
    await rm(folder, { recursive: true, force: true });
  });

  const trusted = () => ({ server, "certificate-authority": "apiserver.crt" });

  async function connected(user: object, cluster: object = trusted()) {
    const file = join(folder, "config");
    const content = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        { name: "elsewhere", cluster: { server: "https://127.0.0.1:1" } },
        { name: "c", cluster },
      ],
      users: [{ name: "u", user }],
      contexts: [
        { name: "elsewhere", context: { cluster: "elsewhere", user: "u" } },
        { name: "here", context: { cluster: "c", user: "u", namespace: "other" } },
      ],
      "current-context": "here",
    };
    await writeFile(file, JSON.stringify(content));
    return connectCluster({ by: "kubeconfig", file });
  }

  /** What a list and a watch say; the watch has a connection of its own. */
  async function used(cluster: Awaited<ReturnType<typeof connected>>): Promise<string> {
    try {
      await cluster.list({ apiVersion: "v1", kind: "Pod" }, namespace);
      (await cluster.watch([{ path: `/api/v1/namespaces/${namespace}/pods` }])).close();
      return "works";
    } catch (error) {
      return (error as Error).message;
    }
  }

  it("with a token and a CA next to it", async () => {
    expect(await used(await connected({ token: prepared.token }))).toBe("works");
  });

  it("with a CA in it", async () => {
    const data = (await readFile(join(folder, "apiserver.crt"))).toString("base64");
    const cluster = { server: `${server}/`, "certificate-authority-data": data };
    expect(await used(await connected({ token: prepared.token }, cluster))).toBe("works");
  });

  it("with a token in a file, which is read again when it was rotated", async () => {
    await writeFile(join(folder, "token"), "an old one\n");
    const cluster = await connected({ tokenFile: "token" });
    expect(await used(cluster)).toMatch(/does not accept the product's credential/);
    await writeFile(join(folder, "token"), `${prepared.token}\n`);
    expect(await used(cluster)).toBe("works");
  });

  it("with a plugin next to it", async () => {
    const credential = {
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: { token: prepared.token },
    };
    await writeFile(join(folder, "plugin"), `#!/bin/sh\n[ "$1" = login ] && echo '${JSON.stringify(credential)}'\n`);
    await chmod(join(folder, "plugin"), 0o700);
    const exec = { apiVersion: credential.apiVersion, command: "./plugin", args: ["login"], interactiveMode: "Never" };
    expect(await used(await connected({ exec }))).toBe("works");
  });

  it("as an account that its own may impersonate", async () => {
    const { token } = prepared.plane.admin.getCurrentUser() ?? {};
    const as = `system:serviceaccount:${namespace}:guacamole-workspaces`;
    expect(await used(await connected({ token, as }))).toBe("works");
    expect(await used(await connected({ token, as: "somebody" }))).toMatch(/the product's role does not allow it/);
  });

  it("by another name than the one in its address", async () => {
    const by = (name: string) => connected({ token: prepared.token }, { ...trusted(), "tls-server-name": name });
    expect(await used(await by("kubernetes.default.svc"))).toBe("works");
    expect(await used(await by("kubernetes.example.org"))).toMatch(/certificate is not trusted/);
  });

  it("with tokens that are asked for (CLUSTER_AUTH=entra), the next one as soon as one is refused", async () => {
    const ca = (await readFile(join(folder, "apiserver.crt"))).toString("base64");
    let token = "one that has ended";
    const cluster = connectCluster({ by: "entra", server, ca, token: () => Promise.resolve(token) });
    expect(await used(cluster)).toMatch(/does not accept the product's credential/);
    const following = cluster.follow(
      { apiVersion: "v1", kind: "Pod" },
      namespace,
      { path: `/api/v1/namespaces/${namespace}/pods` },
      { changed: () => undefined, missed: () => undefined },
    );
    await expect(following.live()).rejects.toThrow(/does not accept the product's credential/);
    token = prepared.token;
    expect(await used(cluster)).toBe("works");
    await expect.poll(() => following.live().then(() => "live", String), { timeout: 10_000 }).toBe("live");
    following.close();
    const other = Buffer.from(expired.cert).toString("base64");
    const elsewhere = connectCluster({ by: "entra", server, ca: other, token: () => Promise.resolve(token) });
    expect(await used(elsewhere)).toMatch(/certificate is not trusted/);
  });

  it("through a proxy", async () => {
    let tunnels = 0;
    const proxy = createProxy().on("connect", (_request, client) => {
      tunnels += 1;
      const api = connect(port, "127.0.0.1", () => {
        client.write("HTTP/1.1 200 Connection established\r\n\r\n");
        api.pipe(client).pipe(api);
      });
      for (const socket of [api, client]) socket.on("error", () => api.destroy());
    });
    proxy.listen(0, "127.0.0.1");
    await once(proxy, "listening");
    close.push(() => proxy.close());
    const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    expect(await used(await connected({ token: prepared.token }, { ...trusted(), "proxy-url": url }))).toBe("works");
    expect(tunnels).toBeGreaterThan(0);
  });

  it("with a client certificate, which the server gets to see", async () => {
    const files = {
      cert: await readFile(join(folder, "apiserver.crt")),
      key: await readFile(join(folder, "apiserver.key")),
    };
    const seen: boolean[] = [];
    const api = createServer({ ...files, requestCert: true, rejectUnauthorized: false }, (request, response) => {
      seen.push((request.socket as TLSSocket).getPeerX509Certificate() !== undefined);
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          kind: "PodList",
          apiVersion: "v1",
          metadata: {},
          items: [],
          resources: [{ name: "pods", kind: "Pod", namespaced: true }],
        }),
      );
    });
    api.listen(0, "127.0.0.1");
    await once(api, "listening");
    close.push(() => {
      api.close();
      api.closeAllConnections();
    });
    const own = { ...trusted(), server: `https://127.0.0.1:${(api.address() as AddressInfo).port}` };
    const cluster = await connected({ "client-certificate": "apiserver.crt", "client-key": "apiserver.key" }, own);
    expect(await used(cluster)).toBe("works");
    expect(new Set(seen)).toEqual(new Set([true]));
  });
});
