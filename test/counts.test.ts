import { KubernetesObjectApi } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openWorkspace } from "./bound-people.ts";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { type CountedExchanges, startCountingExchanges } from "./counted-exchanges.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;
let cluster: CountedCalls;
let database: CountedExchanges;
const activities: string[] = [];

beforeAll(async () => {
  estate = await startTestEstate(undefined, {}, undefined, false, {
    async linkTo(system, url) {
      if (system === "cluster") return (cluster = await startCounting(url)).url;
      if (system === "database") return (database = await startCountingExchanges(url)).url;
      return url;
    },
  });
  estate.faults.beforeActivity = ({ name }) => {
    activities.push(name);
  };
  await openWorkspace(estate, "study");
  // Connections and discovery are made once a process.
  await bindAsThePlatformDoes("first", "study");
  await finish("first", "study");
});
afterAll(async () => {
  await cluster.close();
  await database.close();
  await estate.close();
});
beforeEach(() => {
  cluster.calls.length = 0;
  database.clear();
  activities.length = 0;
});

/** With the label by which bindings are found, as the operator and the portal write them. */
async function bindAsThePlatformDoes(username: string, workspace: string): Promise<void> {
  const object = {
    apiVersion: "xlscsde.nhs.uk/v1",
    kind: "AnalyticsWorkspaceBinding",
    metadata: { name: `${workspace}-${username}`, namespace, labels: { "xlscsde.nhs.uk/username": username } },
    spec: { workspace, username, expires: "2099-12-31" },
  };
  await KubernetesObjectApi.makeApiClient(estate.kubeconfig).create(object);
}

/** Asks for a desktop and waits for its end without a call of its own. */
async function finish(username: string, workspace: string) {
  const { status } = await estate.callAsService("PUT", `/users/${username}/desktop`, { workspace });
  await estate.host.whenIdle();
  return status;
}

/** The requests of the API server, without what a process reads and writes for everybody every few seconds. */
function requests(): string[] {
  const isShared = (call: string) => /watch=|desktop-start-times/.test(call);
  return cluster.calls.filter((call) => !isShared(call)).map(inShort);
}

/** `GET deployments/desktop-…` instead of the whole address. */
function inShort(call: string): string {
  const [method = "", url = ""] = call.split(" ");
  const { pathname, searchParams } = new URL(url, "http://x");
  const path = pathname.replace(/^.*\/namespaces\/[^/]+\//, "").replace(/[0-9a-f]{8,}/g, "…");
  const labels = (searchParams.get("labelSelector") ?? "")
    .replaceAll("xlscsde.nhs.uk/", "")
    .replace(/[0-9a-f]{8,}/g, "…");
  return [method, labels ? `${path}?${labels}` : path].join(" ");
}

describe("what it costs", () => {
  it("to bring up a new desktop", async () => {
    await bindAsThePlatformDoes("new", "study");
    cluster.calls.length = 0;
    expect(await finish("new", "study")).toBe(202);
    // What is asked side by side arrives in any order.
    const expected = [
      // PUT: may they, is anything paused, and the wish is written.
      "GET analyticsworkspacebindings?username=new",
      "GET analyticsworkspaces/study",
      "GET configmaps/desktop-request-…",
      "GET configmaps/desktop-maintenance",
      "POST configmaps",
      // The saga: may they, what is there, and what has to be.
      "GET analyticsworkspacebindings?!username",
      "GET analyticsworkspacebindings?username=new",
      "GET analyticsworkspaces/study",
      "GET configmaps?purpose=desktop-request,admission",
      "PUT configmaps/desktop-request-…",
      "GET deployments/…",
      "PUT configmaps/desktop-request-…",
      "POST networkpolicies",
      "POST secrets",
      "POST services",
      "POST deployments",
      "GET secrets/client-…",
      "PATCH analyticsworkspacebindings/study-new",
      "PATCH analyticsworkspacebindings/study-new/status",
      "PUT configmaps/desktop-request-…",
    ];
    expect(requests().sort()).toEqual(expected.sort());
    expect(activities).toEqual([
      "readRequest",
      "checkEntitlement",
      "awaitAdmission",
      "observeDesktop",
      "createParts",
      "createDeployment",
      "waitReady",
      "writeConnection",
      "grantPermission",
      "recordActive",
      "recordOutcome",
    ]);
    expect(database.count()).toBe(3);
  });

  it("to ask again for a desktop that is ready", async () => {
    expect(await finish("first", "study")).toBe(200);
    expect(requests().sort()).toEqual([
      "GET analyticsworkspacebindings?username=first",
      "GET analyticsworkspaces/study",
      "GET configmaps/desktop-request-…",
      "GET deployments/…",
    ]);
    expect(activities).toEqual([]);
    expect(database.count()).toBe(1);
  });
});
