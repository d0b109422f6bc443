import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RequestContext, type KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readKubeConfig, readServiceAccount } from "./kubeconfig.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubeconfig-"));
  await writeFile(join(folder, "token"), "from the file\n");
  await writeFile(join(folder, "nothing"), "");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const secret = "hunter2";
const cluster = { server: "https://127.0.0.1:6443" };
/** A kubeconfig that works; tests change the current cluster or user. */
const kubeconfig = (user: unknown = { token: "t" }, of: unknown = cluster) => ({
  apiVersion: "v1",
  kind: "Config",
  clusters: [{ name: "other" }, { name: "c", cluster: of }],
  users: [
    { name: "other", user: { exec: {} } },
    { name: "u", user },
  ],
  contexts: [{ name: "other" }, { name: "here", context: { cluster: "c", user: "u" } }],
  "current-context": "here",
});

async function read(content: unknown): Promise<KubeConfig> {
  const file = join(folder, "config");
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return readKubeConfig(file);
}

/** The Authorization header of a request. */
async function headersOf(config: KubeConfig): Promise<Record<string, string>> {
  const request = new RequestContext("https://127.0.0.1:6443/api", "GET");
  await config.applySecurityAuthentication(request);
  return request.getHeaders();
}

describe("a kubeconfig is refused at the start, with the field, and without its values:", () => {
  it.each<[string, unknown, RegExp]>([
    ["it is empty", "", /config is empty/],
    ["it is only space", " \n", /config is empty/],
    ["it is cut off", `{"clusters":[{"name":"c","cluster":{"server":"${secret}`, /config is not YAML: .* in line 1/],
    ["it is no object", "kubeconfig", /read kubeconfig: .*config/],
    ["it has no current context", { ...kubeconfig(), "current-context": undefined }, /current-context is missing/],
    ["its current context is empty", { ...kubeconfig(), "current-context": "" }, /current-context is empty/],
    [
      "its current context is not there",
      { ...kubeconfig(), "current-context": "x" },
      /contexts has no entry with the name x/,
    ],
    ["it has no clusters", { ...kubeconfig(), clusters: null }, /clusters has no entry with the name c/],
    ["it has no users", { ...kubeconfig(), users: [] }, /users has no entry with the name u/],
    ["users are no list", { ...kubeconfig(), users: { name: "u" } }, /users is not a list/],
    ["a server is missing", kubeconfig({}, {}), /clusters\[c\]\.cluster\.server is/],
    ["a server is no address", kubeconfig({}, { server: "127.0.0.1:6443" }), /cluster\.server is not an address/],
    [
      "a secret would go in the clear",
      kubeconfig({ token: secret }, { server: "http://kube:8080" }),
      /server is http:\/\//,
    ],
    [
      "a CA is not there",
      kubeconfig({}, { ...cluster, "certificate-authority": "ca.crt" }),
      /clusters\[c\].cluster.certificate-authority: ENOENT/,
    ],
    [
      "a CA is none",
      kubeconfig({}, { ...cluster, "certificate-authority-data": "aHVudGVyMg==" }),
      /certificate-authority.* (is not a certificate|cannot be used)/,
    ],
    [
      "a CA is not used",
      kubeconfig({}, { ...cluster, "certificate-authority": "token", "insecure-skip-tls-verify": true }),
      /insecure-skip-tls-verify: remove one/,
    ],
    [
      "a proxy is of an unknown kind",
      kubeconfig({}, { ...cluster, "proxy-url": "ftp://p" }),
      /proxy-url is not the address/,
    ],
    ["a token's file is not there", kubeconfig({ tokenFile: "/nowhere/token" }), /users\[u\]\.user\.tokenFile: ENOENT/],
    ["a token's file is a folder", kubeconfig({ tokenFile: "." }), /users\[u\]\.user\.tokenFile: EISDIR/],
    ["a token is a number", kubeconfig({ token: 5 }), /users\[u\]\.user\.token is not a text/],
    [
      "a certificate has no key",
      kubeconfig({ "client-certificate-data": "eA==" }),
      /client-certificate without its client-key/,
    ],
    [
      "a key has no certificate",
      kubeconfig({ "client-key-data": "eA==" }),
      /client-key without its client-certificate/,
    ],
    [
      "a certificate is none",
      kubeconfig({ "client-certificate-data": "eA==", "client-key-data": "eA==" }),
      /client-certificate and client-key: cannot be used/,
    ],
    [
      "a certificate's file is not there",
      kubeconfig({ "client-certificate": "x.crt", "client-key": "x.key" }),
      /client-certificate: ENOENT/,
    ],
    ["a token has two lines", kubeconfig({ token: `a\n${secret}` }), /user\.token has signs that no HTTP header/],
    ["a token was pasted from a text", kubeconfig({ token: `${secret}\u2019` }), /user\.token has signs that no HTTP/],
    [
      "an account is in the address",
      kubeconfig({ token: "t" }, { server: `https://me:${secret}@127.0.0.1:6443` }),
      /clusters\[c\]\.cluster\.server has more than/,
    ],
    [
      "a query is in the address",
      kubeconfig({ token: "t" }, { server: `https://127.0.0.1:6443/?x=${secret}` }),
      /clusters\[c\]\.cluster\.server has more than/,
    ],
    ["a password is missing", kubeconfig({ username: secret }), /one of username and password alone/],
    [
      "there are two ways to log in",
      kubeconfig({ token: secret, exec: { command: "x" } }),
      /several ways to log in: token, exec/,
    ],
    ["a plugin has no command", kubeconfig({ exec: { args: [secret] } }), /users\[u\]\.user\.exec\.command is/],
    ["a plugin is not there", kubeconfig({ exec: { command: "./plugin" } }), /users\[u\]\.user\.exec\.command: ENOENT/],
    ["a plugin cannot be run", kubeconfig({ exec: { command: "./token" } }), /users\[u\]\.user\.exec\.command: EACCES/],
    [
      "a plugin wants a terminal",
      kubeconfig({ exec: { command: "x", interactiveMode: "Always" } }),
      /interactiveMode is not possible/,
    ],
    [
      "a plugin wants to know the cluster",
      kubeconfig({ exec: { command: "x", provideClusterInfo: true } }),
      /provideClusterInfo is not supported/,
    ],
    ["an auth-provider", kubeconfig({ "auth-provider": { name: "gcp" } }), /users\[u\]\.user\.auth-provider/],
    ["impersonated groups", kubeconfig({ token: secret, as: "a", "as-groups": ["b"] }), /as-groups is not supported/],
    ["an impersonated uid", kubeconfig({ token: secret, as: "a", "as-uid": "b" }), /as-uid is not supported/],
  ])("%s", async (_, content, words) => {
    const message = await read(content).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(message).toMatch(words);
    expect(message).toMatch(/^read kubeconfig: .*\(check the setting KUBECONFIG\)$/);
    expect(message).not.toContain(secret);
  });

  it("there is none, and no pod's service account", () => {
    expect(() => readServiceAccount()).toThrow(
      /^read kubeconfig: there is none, and the product does not run in a pod/,
    );
    expect(() => readKubeConfig(join(folder, "nowhere"))).toThrow(/^read kubeconfig: ENOENT/);
  });
});

describe("a kubeconfig logs in", () => {
  it.each<[string, unknown, object]>([
    ["with a token", { token: "t\n" }, { Authorization: "Bearer t" }],
    [
      "with a token in a file, relative to the kubeconfig",
      { tokenFile: "token" },
      { Authorization: "Bearer from the file" },
    ],
    [
      "with the file, if there is a token too",
      { token: "t", tokenFile: "token" },
      { Authorization: "Bearer from the file" },
    ],
    [
      "with the client library's own name for the file",
      { "auth-provider": { name: "tokenFile", config: { tokenFile: "token" } } },
      { Authorization: "Bearer from the file" },
    ],
    ["with a password", { username: "a", password: "b" }, { Authorization: "Basic YTpi" }],
    ["as somebody else", { token: "t", as: "b" }, { Authorization: "Bearer t", "Impersonate-User": "b" }],
    ["as nobody", {}, {}],
    ["as nobody, if the user is empty", null, {}],
  ])("%s", async (_, user, headers) => {
    const config = await read(kubeconfig(user));
    expect(await headersOf(config)).toEqual(headers);
    expect(config.getCurrentCluster()?.server).toBe(cluster.server);
  });

  it("with the token that stands in the file now, and with the last one while there is none", async () => {
    const file = join(folder, "rotated");
    await writeFile(file, "one");
    const config = await read(kubeconfig({ tokenFile: file }));
    const token = async () => (await headersOf(config))["Authorization"];
    expect(await token()).toBe("Bearer one");
    await writeFile(file, "two\n");
    expect(await token()).toBe("Bearer two");
    await writeFile(file, "");
    expect(await token()).toBe("Bearer two");
    await rm(file);
    expect(await token()).toBe("Bearer two");
  });

  it("with an empty token's file not at all", async () => {
    await expect(headersOf(await read(kubeconfig({ tokenFile: "nothing" })))).rejects.toThrow(
      /is empty or cannot be read/,
    );
  });

  it("without TLS on loopback only, where a secret does not leave the machine", async () => {
    for (const server of ["http://127.0.0.1:8001", "http://localhost:8001/", "http://[::1]:8001"])
      expect(await headersOf(await read(kubeconfig({ token: "t" }, { server })))).toEqual({
        Authorization: "Bearer t",
      });
  });
});
