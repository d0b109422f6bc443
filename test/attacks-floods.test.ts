import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import { sampleToken } from "../local/token.ts";
import { attacksOn, send as sendTo } from "./attack-rows.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { everything } from "./everything.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const changes = 20;
const waiters = 8;

/** What a flood of calls costs: calls to the cluster are counted on their way. */
let estate: TestEstate;
let cluster: CountedCalls;

beforeAll(async () => {
  estate = await startTestEstate(
    undefined,
    { READY_KEPT_SECONDS: "60", PERSON_CHANGES_PER_MINUTE: String(changes) },
    systemClock,
    false,
    {
      linkTo: async (system, url) => {
        if (system !== "cluster") return url;
        cluster = await startCounting(url);
        return cluster.url;
      },
    },
  );
  await estate.ask("alice", "asthma-cohort");
});
afterAll(async () => {
  await estate.close();
  await cluster.close();
});
beforeEach(() => {
  cluster.calls.length = 0;
});

const listed = () => cluster.calls.filter((call) => /^GET .*\?/.test(call)).map((call) => call.replace(/.*\//, ""));

describe("callers without a token", () => {
  it("who ask sixty times at once if the product is ready cost one read, of one object of each list", async () => {
    const ask = () => fetch(`${estate.host.url}/api/health/ready`);
    const answers = await Promise.all(Array.from({ length: 60 }, ask));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(listed().sort()).toEqual(["analyticsworkspacebindings?limit=1", "analyticsworkspaces?limit=1"]);
    expect(cluster.calls).toHaveLength(3); // and the switch of maintenance
    await ask();
    expect(cluster.calls).toHaveLength(3);
  });

  it("cost the cluster nothing anywhere else", async () => {
    const paths = ["health/live", "openapi.json", "nothing/here", "desktops", "users/alice/desktop", "operations/x"];
    const tokens = [undefined, "Bearer x", "Bearer eyJhbGciOiJub25lIn0.e30.", "Basic YTpi"];
    for (const path of [...paths, "health/ready"])
      for (const authorization of tokens)
        await sendTo(estate, { method: "GET", path, ...(authorization && { headers: { authorization } }) });
    expect(cluster.calls).toEqual([]);
  });
});

describe("callers with the monitoring role", () => {
  it("who ask twenty times at once share two reads of the estate", async () => {
    const ask = () => estate.call<{ status: string; stuck: string[] }>("olga", "GET", "/health/ready");
    const answers = await Promise.all(Array.from({ length: 20 }, ask));
    expect(answers.map(({ body }) => [body.status, body.stuck])).toEqual(Array(20).fill(["ready", []]));
    expect(listed().filter((call) => call.startsWith("analyticsworkspaces?")).length).toBeLessThanOrEqual(3);
  });
});

describe("one person's calls", () => {
  it("that wait for one operation share its polls", async () => {
    estate.cluster.setFault({ namespace }, "never-ready");
    const wish = await estate.call<{ id: string }>("alice", "PUT", "/users/alice/desktop", {
      workspace: "cancer-registry",
    });
    const wait = () => estate.call<{ state: string }>("alice", "GET", `/operations/${wish.body.id}?wait=2`);
    expect((await wait()).body.state).toBe("running"); // until the work has come to the pod that is not ready
    cluster.calls.length = 0;
    const answers = await Promise.all(Array.from({ length: waiters }, wait));
    estate.cluster.setFault({ namespace }, null);
    expect(answers.map(({ body }) => body.state)).toEqual(Array(waiters).fill("running"));
    const records = cluster.calls.filter((call) => call.includes("/configmaps/desktop-request-"));
    // One for each call, and every 250 ms one for all; otherwise there are about 70.
    expect(records.length).toBeLessThan(30);
  });

  it("that change something are limited, and nobody else's are", async () => {
    const put = () => estate.call<{ code?: string }>("carol", "PUT", "/users/carol/desktop", { workspace: "nowhere" });
    const first = await Promise.all(Array.from({ length: changes }, put));
    expect(new Set(first.map(({ status }) => status))).not.toContain(429);
    const before = await everything(estate);
    cluster.calls.length = 0;
    const { status, headers, body } = await put();
    expect([status, body.code]).toEqual([429, "too-many-requests"]);
    expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
    // The login flow acts for her with the same limit.
    expect((await estate.callAsService("DELETE", "/users/carol/desktop")).status).toBe(429);
    expect(cluster.calls).toEqual([]);
    expect(await everything(estate)).toEqual(before);
    expect((await estate.call("bob", "DELETE", "/users/bob/desktop")).status).not.toBe(429);
    expect((await estate.call("carol", "GET", "/users/carol/desktop")).status).not.toBe(429);
  });

  it("are told when Kubernetes wants to be asked again", async () => {
    const answers = [1, 2].map(() => ({ status: 429, headers: { "retry-after": "17" }, body: "{}" }));
    cluster.answerInstead(/configmaps/, answers);
    const { status, headers, body } = await estate.call<{ code: string }>("alice", "GET", "/users/alice/desktop");
    cluster.answerInstead(/$^/, []);
    expect([status, body.code, headers.get("retry-after")]).toEqual([503, "cluster-overloaded", "17"]);
  });
});

describe("large things", () => {
  const large = JSON.stringify({ workspace: "x".repeat(290_000) });
  const json = { "content-type": "application/json" };
  const withToken = async () => {
    const token = await sampleToken(estate.identity.issuer, "alice");
    return { ...json, authorization: `Bearer ${token}` };
  };
  attacksOn(
    () => estate,
    [
      [
        "a large body without a token",
        401,
        () => ({ method: "PUT", path: "users/alice/desktop", headers: json, body: large }),
      ],
      ["a large body for no route", 404, () => ({ path: "nothing", headers: json, body: large })],
      [
        "a large body with a token",
        413,
        async () => ({ method: "PUT", path: "users/alice/desktop", headers: await withToken(), body: large }),
      ],
      [
        "a body with thousands of unknown fields",
        400,
        async () => ({
          method: "PUT",
          path: "users/alice/desktop",
          headers: await withToken(),
          body: JSON.stringify(Object.fromEntries(Array.from({ length: 15_000 }, (_, n) => [`field${n}`, 0]))),
        }),
      ],
    ],
  );
});
