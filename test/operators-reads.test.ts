import { CoreV1Api, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { personId } from "../shared/desktop/names.ts";
import { label } from "../shared/kubernetes/labels.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

/** What the product reads for operators: never the estate for one desktop, and of a page only what is on it. */
let estate: TestEstate;
let counted: CountedCalls;

interface Page {
  desktops: { id: string; username: string; workspace: string; state: string }[];
  next?: string;
}
const list = async (query = "") => (await estate.call<Page>("olga", "GET", `/desktops${query}`)).body;
const callsOf = async (work: () => Promise<unknown>) => {
  counted.calls.length = 0;
  await work();
  return counted.calls.map((call) => decodeURIComponent(call));
};

beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, undefined, false, {
    async linkTo(system, url) {
      if (system !== "cluster") return url;
      counted = await startCounting(url);
      return counted.url;
    },
  });
  await estate.ask("alice", "cancer-registry");
  await estate.ask("alice", "asthma-cohort");
  await estate.ask("bob", "cancer-registry");
});
afterAll(async () => {
  await estate.close();
  await counted.close();
});

/** What was read of the cluster, without the hash of a person's name. */
const shortOf = (call: string) =>
  call
    .replace(/^GET .*?\/namespaces\/guacamole\//, "")
    .replaceAll("xlscsde.nhs.uk/", "")
    .replaceAll("&limit=500", "");

/** True of a list of everybody's objects of a kind whose number grows with that of the people. */
const isOfEverybody = (call: string) =>
  /(deployments|configmaps|analyticsworkspacebindings|services|networkpolicies)(\?|$)/.test(call) &&
  !/person|username|work!=none|!managedBy|managedBy!=|watch=true|limit=[12]\b/.test(shortOf(call));

describe("an administrator's question", () => {
  it("about one desktop reads that one and its person", async () => {
    const { desktops } = await list("?username=alice&workspace=asthma-cohort");
    const id = desktops[0]?.id ?? "";
    const calls = await callsOf(() => estate.call("olga", "GET", `/desktops/${id}`));
    expect(calls.filter(isOfEverybody)).toEqual([]);
    expect(calls.map(shortOf).sort()).toEqual([
      "analyticsworkspacebindings?labelSelector=!username",
      "analyticsworkspacebindings?labelSelector=username+in+(alice)",
      "analyticsworkspaces/asthma-cohort",
      "configmaps/desktop-maintenance",
      expect.stringMatching(/^configmaps\/desktop-request-[0-9a-f]{32}$/) as string,
      `deployments/${id}`,
      "networkpolicies?labelSelector=managedBy!=guacamole-workspaces",
      expect.stringMatching(/^networkpolicies\?labelSelector=purpose=workspace-client,person=[0-9a-f]{32}$/) as string,
      `pods?labelSelector=deployment-name=${id}`,
      // Whether it is there, and which one the pod was started with.
      `secrets/client-${id}`,
      `secrets/client-${id}`,
      expect.stringMatching(/^services\?labelSelector=purpose=workspace-client,person=[0-9a-f]{32}$/) as string,
    ]);
  });

  it("about one person's desktops reads only theirs", async () => {
    const calls = await callsOf(() => list("?username=alice"));
    expect(calls.filter(isOfEverybody)).toEqual([]);
  });

  it("about all desktops reads what is on the page, and the records with work left", async () => {
    const calls = await callsOf(() => list("?limit=2"));
    expect(calls.filter(isOfEverybody)).toEqual([]);
    expect(calls.map(shortOf)).toContain("deployments?labelSelector=purpose=workspace-client&limit=2");
    expect(calls.map(shortOf)).toContain("configmaps?labelSelector=purpose=desktop-request,work!=none");
  });

  it("goes on behind the last desktop when the API server no longer knows the place", async () => {
    const all = await list();
    const { next = "" } = await list("?limit=1");
    counted.answerInstead(/continue=/, [
      { status: 410, body: JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code: 410 }) },
    ]);
    const { desktops } = await list(`?limit=500&after=${next}`);
    expect([all.desktops[0], ...desktops]).toEqual(all.desktops);
  });

  it("about the worst desktops reads all of them once, for all pages and for who asks at the same time", async () => {
    const pages: Page[] = [];
    const calls = await callsOf(async () => {
      pages.push(await list("?sort=worst&limit=1"));
      pages.push(
        ...(await Promise.all([list("?sort=worst"), list(`?sort=worst&limit=2&after=${pages[0]?.next ?? ""}`)])),
      );
    });
    const [first, all, rest] = pages.map(({ desktops }) => desktops);
    expect(all?.length).toBe(3);
    expect([...(first ?? []), ...(rest ?? [])]).toEqual(all);
    expect(calls.map(shortOf).filter((call) => /^deployments/.test(call))).toHaveLength(1);
  });

  it("takes an id as the place, as it was before", async () => {
    const { desktops } = await list();
    expect((await list(`?after=${desktops[0]?.id ?? ""}`)).desktops).toEqual(desktops.slice(1));
    expect((await estate.call("olga", "GET", "/desktops?after=nonsense")).status).toBe(400);
  });

  it("with a filter finds each desktop once, whatever the size of the pages", async () => {
    for (const filter of ["workspace=cancer-registry", "state=ready", "username=alice"]) {
      const all = (await list(`?${filter}`)).desktops;
      expect(all.length).toBe(2);
      const first = await list(`?${filter}&limit=1`);
      const second = await list(`?${filter}&limit=1&after=${first.next ?? ""}`);
      expect([...first.desktops, ...second.desktops]).toEqual(all);
    }
  });
});

describe("the timers of 30 seconds", () => {
  const timers = ["wakeForgotten", "endLeaves", "followScaling"];
  const run = async () => {
    for (const timer of timers) await estate.host.trigger(timer);
    await estate.host.whenIdle();
  };

  it("read nothing of the estate once they have read it, if nothing changed", async () => {
    await run();
    const calls = await callsOf(run);
    expect(calls.filter(isOfEverybody)).toEqual([]);
    const lists = calls.map(shortOf).filter((call) => /^\w+\?/.test(call));
    expect(lists.map((call) => call.replace(/\?watch.*/, "?watch")).sort()).toEqual([
      "analyticsworkspacebindings?watch",
      ...timers.map(() => "configmaps?labelSelector=purpose=desktop-request,work!=none"),
      "deployments?labelSelector=purpose=workspace-client,!managedBy",
    ]);
  });

  it("read everything after the API server has forgotten the version", async () => {
    counted.answerInstead(/watch=true/, [
      { status: 410, body: JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code: 410 }) },
    ]);
    const calls = await callsOf(run);
    expect(calls.map(shortOf)).toContain("analyticsworkspacebindings?limit=500");
  });

  it("label the records of an older release, and find those with work among them", async () => {
    const { work } = label;
    const core = estate.kubeconfig.makeApiClient(CoreV1Api);
    const name = `desktop-request-${personId("bob")}`;
    const unlabel = { metadata: { labels: { [work]: null } } };
    await core.patchNamespacedConfigMap(
      { namespace, name, body: unlabel },
      setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
    );
    await run();
    const { metadata } = await core.readNamespacedConfigMap({ namespace, name });
    expect(metadata?.labels?.[work]).toBe("none");
  });
});

interface Run {
  id: string;
  state: string;
  reason: string;
  counts: { ended: number; failed: number };
}

describe("a run that ends sessions", () => {
  const registry = "cancer-registry";

  it("is one run while it is under way, and goes on after a crash", async () => {
    const reached = Promise.withResolvers<undefined>();
    estate.faults.beforeActivity = ({ name }) => {
      if (name !== "endSomeSessions") return undefined;
      reached.resolve(undefined);
      return new Promise(() => undefined);
    };
    const path = "/maintenance/end-sessions";
    const first = await estate.call<Run>("olga", "POST", path, { workspace: registry, reason: "first" });
    await reached.promise;
    const again = await estate.call<Run>("olga", "POST", path, { workspace: registry, reason: "first" });
    expect(again.body).toMatchObject({ id: first.body.id, state: "running", joined: true, of: 1 });
    estate.mend();
    await estate.restartHost();
    await estate.host.whenIdle();
    const { body } = await estate.call<Run>("olga", "GET", `${path}/${first.body.id}`);
    expect(body).toMatchObject({ state: "done", counts: { ended: 1, failed: 0 }, reason: "first" });
    expect((await list(`?workspace=${registry}&state=ready`)).desktops).toEqual([]);
  });
});
