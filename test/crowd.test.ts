import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { keyText } from "../shared/desktop/names.ts";
import { askFor, bind, endOf, openWorkspace } from "./bound-people.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";

let estate: TestEstate;

beforeAll(async () => {
  estate = await startTestEstate();
});
afterAll(() => estate.close());

/** Returns the desktops that should run, as `workspace/username`. */
async function running(): Promise<string[]> {
  const { objects } = await estate.world();
  return Object.entries(objects)
    .filter(([name]) => name.startsWith("Deployment "))
    .map(([, object]) => object as { annotations: Record<string, string>; spec: { replicas: number } })
    .filter(({ spec }) => spec.replicas > 0)
    .map(({ annotations }) => `${annotations["xlscsde.nhs.uk/workspace"]}/${annotations["xlscsde.nhs.uk/username"]}`)
    .sort();
}

async function rowsThat(begin: string): Promise<string[]> {
  const { rows } = await estate.world();
  return rows.filter((row) => row.startsWith(begin)).sort();
}

async function deadlocks(): Promise<number> {
  const { rows } = await estate.guacamole.query<{ deadlocks: string }>(
    "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
  );
  return Number(rows[0]?.deadlocks);
}

describe("many requests at once", () => {
  it("twenty switches by one person among three workspaces end with one active desktop, the last requested", async () => {
    const workspaces = ["study-a", "study-b", "study-c"] as const;
    for (const workspace of workspaces) {
      await openWorkspace(estate, workspace);
      await bind(estate, "gus", workspace);
    }
    // After the first one: switches during a start, and during another switch, are what goes wrong.
    const asked = [await askFor(estate, "gus", "study-a")];
    asked.push(
      ...(await Promise.all(
        Array.from({ length: 19 }, (_, n) => askFor(estate, "gus", workspaces[(n + 1) % 3] ?? "study-a")),
      )),
    );
    const ends = await Promise.all(asked.map((operation) => endOf(estate, operation)));
    expect(new Set(ends.map(({ state }) => state))).toEqual(new Set(["done", "superseded"]));

    const { body } = await estate.callAsService<{ wanted: string; workspace: string; state: string }>(
      "GET",
      "/users/gus/desktop",
    );
    expect(body).toMatchObject({ state: "ready", workspace: body.wanted });
    expect(await running()).toEqual([`${body.wanted}/gus`]);
    expect(await rowsThat("may open")).toEqual([
      expect.stringMatching(new RegExp(`^may open ${body.wanted}@gus \\d+ READ$`)),
    ]);
    // A switch leaves complete desktops: each Deployment has its Secret, Service and policy, and there are no others.
    const { objects } = await estate.world();
    const count = (kind: string) => Object.keys(objects).filter((name) => name.startsWith(`${kind} `)).length;
    expect([count("Secret"), count("Service"), count("NetworkPolicy")]).toEqual(
      Array.from({ length: 3 }, () => count("Deployment")),
    );
    await endOf(estate, (await estate.callAsService("DELETE", "/users/gus/desktop")).body);
  });

  it("a hundred people in ten workspaces get one desktop each and one group per workspace, without a deadlock", async () => {
    const people = Array.from({ length: 100 }, (_, n) => ({ username: `person${n}`, workspace: `trial-${n % 10}` }));
    await Promise.all(Array.from({ length: 10 }, (_, n) => openWorkspace(estate, `trial-${n}`)));
    await Promise.all(people.map(({ username, workspace }) => bind(estate, username, workspace)));
    const before = await deadlocks();

    const asked = await Promise.all(people.map(({ username, workspace }) => askFor(estate, username, workspace)));
    const ends = await Promise.all(asked.map((operation) => endOf(estate, operation)));
    expect(ends.filter(({ state }) => state !== "done")).toEqual([]);

    expect(await running()).toEqual(people.map(keyText).sort());
    expect(await rowsThat("group trial-")).toEqual(Array.from({ length: 10 }, (_, n) => `group trial-${n}`));
    const open = await rowsThat("may open trial-");
    expect(open.map((row) => row.split(" ")[2])).toEqual(
      people.map(({ username, workspace }) => `${workspace}@${username}`).sort(),
    );
    expect(new Set(open.map((row) => row.split(" ")[3])).size).toBe(100);
    expect(await deadlocks()).toBe(before);
  }, 600_000);
});
