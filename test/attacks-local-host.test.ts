import { KubeConfig } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";
import { exchange, lastStatus } from "./raw-http.ts";

/**
 * What a web page can send to the servers of `npm start`: a name of its own that it rebinds to 127.0.0.1, or its own
 * origin. And what a program of another account on the machine can send, which does not know any key.
 */
let estate: TestEstate;
beforeAll(async () => {
  estate = await startTestEstate();
  expect(await estate.ask("alice", "asthma-cohort")).toMatchObject({ state: "done" });
});
afterAll(() => estate.close());

const evil = "rebound.evil.example";
const portOf = (url: string) => Number(new URL(url).port);
const body = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

interface Sent {
  url: string;
  method?: string;
  host?: string;
  origin?: string;
}

async function statusOf({ url, method = "GET", host, origin }: Sent): Promise<number> {
  const { port, pathname, search } = new URL(url);
  const lines = [`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host ?? `127.0.0.1:${port}`}`];
  if (origin !== undefined) lines.push(`Origin: ${origin}`);
  return lastStatus(await exchange(portOf(url), `${lines.join("\r\n")}\r\n${body}`));
}

/** Each row: what it is, and the call that a page or a stranger makes. */
type Row = [words: string, status: number, sent: () => Sent];
const rpc = () => `${estate.host.durableUrl}/instances/`;
const webhook = () => `${estate.host.url}/runtime/webhooks/durabletask/instances/?code=${estate.host.systemKey}`;
const admin = () => `${estate.host.url}/admin/functions?code=${estate.host.masterKey}`;
const cluster = () => {
  const config = new KubeConfig();
  config.loadFromString(estate.cluster.kubeconfig);
  return `${config.getCurrentCluster()?.server ?? ""}/api/v1/namespaces/guacamole/secrets`;
};
const token = () => `${estate.identity.issuer}/protocol/openid-connect/token`;

const guesses: Row[] = [
  ["Durable's RPC API without its key", 404, () => ({ url: `${estate.host.url}/durabletask/instances/` })],
  ["a start there", 404, () => ({ url: `${estate.host.url}/durabletask/orchestrators/upkeep`, method: "POST" })],
  [
    "Durable's RPC API with a guess",
    404,
    () => ({ url: `${estate.host.url}/${"A".repeat(43)}/durabletask/instances/` }),
  ],
  ["Durable's webhooks without a key", 401, () => ({ url: webhook().replace(/\?.*/, "") })],
  ["the admin API without a key", 401, () => ({ url: admin().replace(/\?.*/, "") })],
];
const servers = {
  "Durable's RPC API": rpc,
  "Durable's webhooks": webhook,
  "the admin API": admin,
  "the cluster": cluster,
};
const pages: Row[] = Object.entries({ ...servers, "the identity provider": token }).flatMap(([words, url]): Row[] => [
  [
    `${words} under a name that was rebound`,
    403,
    () => ({ url: url(), host: `${evil}:${portOf(url())}`, method: "POST" }),
  ],
  [`${words} under no name`, 403, () => ({ url: url(), host: "", method: "DELETE" })],
  [`${words} from another origin`, 403, () => ({ url: url(), origin: `http://${evil}`, method: "POST" })],
  [`${words} from a page without an origin`, 403, () => ({ url: url(), origin: "null" })],
  [`${words} from another port of this machine`, 403, () => ({ url: url(), origin: "http://127.0.0.1:1" })],
]);

describe("the local servers", () => {
  it.each([...guesses, ...pages])("refuse %s with %i, and nothing changes", async (_words, status, sent) => {
    const before = await everything(estate);
    expect(await statusOf(sent())).toBe(status);
    expect(await everything(estate)).toEqual(before);
  });

  it.each(Object.entries(servers))("answer %s on this machine, with its key if it has one", async (_words, url) => {
    for (const name of ["127.0.0.1", "localhost"])
      expect(await statusOf({ url: url(), host: `${name}:${portOf(url())}` })).toBe(200);
  });
});

/** docs/security.md lists these. The key is in the management URLs, in the app's settings, and in backups of the host's storage. */
describe("a stolen system key", () => {
  const call = (method: string, path: string, query = "", sent?: string) =>
    fetch(`${estate.host.url}/runtime/webhooks/durabletask/${path}?code=${estate.host.systemKey}${query}`, {
      method,
      ...(sent !== undefined && { body: sent, headers: { "content-type": "application/json" } }),
    });
  const person = "person-89a3c33513445b29a48b957950054470";

  it("reads every history with claims and ids, and lists everybody", async () => {
    const all = await (await call("GET", "instances", "&showInput=true")).text();
    expect(all).toContain('"username":"alice"');
    const history = await (await call("GET", `instances/${person}`, "&showHistory=true&showHistoryOutput=true")).text();
    expect(history).toMatch(/\/asthma/);
  });

  it("retires a person, as offboarding does: it starts a notice that nobody sent", async () => {
    const history = await (await call("GET", `instances/${person}`, "&showHistory=true&showHistoryOutput=true")).text();
    const [, subject] = /"subject\\*":\\*"([^"\\]+)/.exec(history) ?? [];
    const notice = { id: "forged", at: new Date().toISOString(), subject, told: { what: "deleted" } };
    const started = await call(
      ...(["POST", "orchestrators/followNotice/forged", ""] as const),
      JSON.stringify({ notice, replayableUntil: new Date().toISOString() }),
    );
    expect(started.status).toBe(202);
    await estate.host.whenIdle();
    expect((await estate.call("olga", "GET", "/users/alice/desktop")).body).toMatchObject({ state: "absent" });
  });

  it("starts the runs of the timers, and deletes histories", async () => {
    expect((await call("POST", "orchestrators/reconcile/reconcile", "", "{}")).status).toBe(202);
    await estate.host.whenIdle();
    expect((await call("DELETE", "instances/reconcile")).status).toBe(200);
    expect((await call("POST", "orchestrators/upkeep/upkeep", "", "{}")).status).toBe(202);
    await estate.host.whenIdle();
  });

  it("stops a person's work, which goes on by the wake timer", async () => {
    let open = () => {};
    const held = new Promise<void>((resolve) => (open = resolve));
    estate.faults.beforeActivity = ({ name }) => (name === "readRequest" ? held : undefined);
    const { body } = await estate.call("alice", "PUT", "/users/alice/desktop", { workspace: "asthma-cohort" });
    for (const command of ["suspend", "resume", "terminate"])
      expect((await call("POST", `instances/${person}/${command}`, "&reason=x")).status).toBe(202);
    open();
    estate.mend();
    await estate.host.whenIdle();
    await estate.host.trigger("wakeForgotten");
    expect(await estate.end("alice", body)).toMatchObject({ state: "done" });
  });

  it("calls no activity itself, and gives no desktop: what a person may have is decided by bindings", async () => {
    expect((await call("POST", "orchestrators/grantPermission/x", "", "{}")).status).toBe(202);
    await estate.host.whenIdle();
    const { runtimeStatus } = (await (await call("GET", "instances/x")).json()) as { runtimeStatus: string };
    expect(runtimeStatus).toBe("Failed");
    const wish = { username: "mallory", generation: 0 };
    await call("POST", "orchestrators/fulfilRequest/mallory", "", JSON.stringify(wish));
    await estate.host.whenIdle();
    expect(JSON.stringify(await estate.world())).not.toContain("mallory");
  });
});
