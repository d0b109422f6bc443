import { readFile } from "node:fs/promises";
import { CoreV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { virtualClock } from "@stand-in/functions-host";
import type { ToldOperation } from "../local/main-job.ts";
import { deploymentName } from "../shared/desktop/names.ts";
import type { StartTimes } from "../shared/lifecycle/start-times.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";

const workspace = "study";
const first = ["p1", "p2", "p3", "p4", "p5"];
const line = Array.from({ length: 10 }, (_, index) => `in-line-${index}`);

let estate: TestEstate;
beforeAll(async () => {
  const clock = virtualClock(new Date(), { jumps: false });
  estate = await startTestEstate(undefined, { STARTS_AT_ONCE: "1" }, clock);
  await openWorkspace(estate, workspace);
  for (const username of [...first, "held", ...line, "again", "next"]) await bind(estate, username, workspace);
});
afterAll(() => estate.close());

/** What is told of a start that has not ended. */
type Outlook = Pick<ToldOperation, "admission" | "usuallyReadyWithinSeconds" | "halfReadyWithinSeconds">;

const outlookOf = ({ admission, usuallyReadyWithinSeconds, halfReadyWithinSeconds }: Outlook) => ({
  admission,
  usuallyReadyWithinSeconds,
  halfReadyWithinSeconds,
});
const operation = async ({ id }: ToldOperation) =>
  outlookOf((await estate.callAsService("GET", `/operations/${id}`)).body);
const desktop = async (username: string) =>
  outlookOf((await estate.callAsService<Outlook>("GET", `/users/${username}/desktop`)).body);

function hold(username: string, held: boolean): void {
  const deployment = deploymentName({ workspace, username });
  estate.cluster.setFault({ namespace, deployment }, held ? "never-ready" : null);
}

it("after five starts of an image, operation and desktop say how long the next one usually takes; after ten in the queue, when somebody's turn ends", async () => {
  const nothing = { admission: undefined, usuallyReadyWithinSeconds: undefined, halfReadyWithinSeconds: undefined };
  for (const username of first) {
    hold(username, true);
    const asked = await askFor(estate, username, workspace);
    await estate.host.whenIdle();
    expect(await operation(asked)).toEqual(nothing);
    expect(await desktop(username)).toEqual(nothing);
    hold(username, false);
    expect(await endOf(estate, asked)).toMatchObject({ state: "done" });
  }

  hold("held", true);
  const held = await askFor(estate, "held", workspace);
  await estate.host.whenIdle();
  const usual = await operation(held);
  expect(usual.usuallyReadyWithinSeconds).toBeGreaterThan(0);
  expect(usual.halfReadyWithinSeconds).toBeLessThanOrEqual(usual.usuallyReadyWithinSeconds ?? 0);
  expect(usual.admission).toBeUndefined();
  expect(await desktop("held")).toEqual(usual);

  const waiting: ToldOperation[] = [];
  for (const username of line) waiting.push(await askFor(estate, username, workspace));
  await estate.host.whenIdle();
  // A time in the queue is told by starts that waited in it themselves.
  const last = waiting.at(-1) ?? held;
  expect(await operation(last)).toEqual({ ...usual, admission: { place: 10, of: 10 } });
  hold("held", false);
  for (const each of [held, ...waiting]) expect(await endOf(estate, each)).toMatchObject({ state: "done" });
  expect(await operation(held)).toEqual(nothing);
  expect(await desktop("held")).toEqual(nothing);

  hold("again", true);
  const again = await askFor(estate, "again", workspace);
  await estate.host.whenIdle();
  const next = await askFor(estate, "next", workspace);
  await estate.host.whenIdle();
  // The list of those who wait may be two seconds old.
  await expect.poll(() => operation(next), { timeout: 10_000 }).toMatchObject({ admission: { place: 1, of: 1 } });
  for (const told of [await operation(next), await desktop("next")]) {
    const { expectedFromSeconds: from = NaN, expectedToSeconds: to = NaN } = told.admission ?? {};
    expect(from).toBeLessThanOrEqual(to);
  }
  hold("again", false);
  for (const each of [again, next]) expect(await endOf(estate, each)).toMatchObject({ state: "done" });
});

it("each start is written down once, with its kind and without a name; asking again for what runs is no start", async () => {
  for (const username of first) await endOf(estate, await askFor(estate, username, workspace));
  const core = estate.kubeconfig.makeApiClient(CoreV1Api);
  const read = async () => {
    const { data = {} } = await core.readNamespacedConfigMap({ name: "desktop-start-times", namespace });
    return JSON.parse(data["starts"] ?? "{}") as StartTimes;
  };
  // The process writes at most every ten seconds.
  await expect.poll(async () => Object.values(await read()).flat().length, { timeout: 30_000 }).toBe(18);
  const starts = Object.entries(await read());
  expect(starts.map(([image]) => image)).toEqual(["example.org/desktop:1"]);
  const all = starts.flatMap(([, each]) => each);
  expect(all.filter(({ waited }) => waited)).toHaveLength(line.length + 1);
  expect(all.map(({ kind }) => kind)).toEqual(all.map(() => "on-node"));
  expect(new Set(all.flatMap((each) => Object.keys(each)))).toEqual(new Set(["at", "seconds", "kind", "waited"]));
});

it("the provider for Keycloak reads the field of that name", async () => {
  const source = "infra/keycloak/provider/src/main/java/guacamole/workspaces/keycloak/api/WorkspacesApi.java";
  expect(await readFile(source, "utf8")).toContain('json.path("usuallyReadyWithinSeconds")');
});
