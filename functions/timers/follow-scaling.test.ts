import type { InvocationContext } from "@azure/functions";
import { expect, it } from "vitest";
import type { Services } from "../services.ts";
import type { TaskHub } from "../work/task-hub.ts";
import { followScalingTimer } from "./follow-scaling.ts";

it("looks again at people whose bindings changed, though the run that was told of it could not read the rest", async () => {
  const people: string[][] = [];
  const none = { records: [], damaged: [], mislabelled: [] };
  const changes = [null, new Set(["alice"]), new Set()];
  let isAway = false;
  const services = {
    ...{ settings: { WAKE_SCHEDULE: "", TIME_ZONE: "UTC" }, now: () => new Date("2026-06-15T09:00:00.000Z") },
    workspaces: { scaling: () => Promise.resolve({ bindings: [], changed: changes.shift() }) },
    desktops: { findLeftByOperator: () => (isAway ? Promise.reject(new Error("away")) : Promise.resolve([])) },
    records: {
      all: () => Promise.resolve(none),
      open: () => Promise.resolve(none),
      ofPeople: (usernames: string[]) => {
        people.push(usernames);
        return Promise.resolve(none);
      },
    },
  } as unknown as Services;
  const { run } = followScalingTimer(services);
  const once = () => run({} as TaskHub, {} as InvocationContext);
  await once();
  isAway = true;
  await expect(once()).rejects.toThrow("away");
  isAway = false;
  await once();
  expect(people).toEqual([["alice"]]);
});
