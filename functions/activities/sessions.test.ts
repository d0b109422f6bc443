import { expect, it } from "vitest";
import type { Services } from "../services.ts";
import type { HubSurroundings } from "./activity.ts";
import { sessionActivities } from "./sessions.ts";

const pages = [
  { from: undefined, names: ["a", "b"], next: "1" },
  { from: "1", names: ["c", "d"], next: "2" },
  { from: "2", names: ["e"], next: undefined },
];

it("ends nobody's session again after the API server has forgotten the place, however long the list is", async () => {
  const desktops = {
    pageOfDeployed: (_: number, from: string | undefined) => {
      const page = pages.find((each) => each.from === from);
      const deployed = page?.names.map((deployment) => ({
        ...{ names: { deployment }, username: deployment, workspace: "cohort-a", ours: true, replicas: 1 },
      }));
      return Promise.resolve(page ? { deployed, odd: [], next: page.next } : null);
    },
  };
  // Everybody who is asked for fails, since there are no records.
  const { endSomeSessions } = sessionActivities({ desktops } as unknown as Services);
  const around = { error: () => undefined } as unknown as HubSurroundings;
  const end = async (after: string) => {
    const of = { workspace: "cohort-a", reason: "a breach", place: { from: "forgotten", after } };
    const { failed, next } = await endSomeSessions(of, around);
    return [failed.map(({ username }) => username), next];
  };
  expect(await end("d")).toEqual([["e"], null]);
  expect(await end("a")).toEqual([["b", "c", "d", "e"], null]);
});
