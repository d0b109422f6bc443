import { expect, it } from "vitest";
import { ProductError } from "../../shared/errors.ts";
import { untilServed } from "./until-served.ts";

const busy = (retryAfterSeconds?: number) => new ProductError("cluster-overloaded", "busy", { retryAfterSeconds });

/** Makes a call that fails so, one after another, and tells its end, how often it was made, and the pauses. */
async function served(faults: readonly Error[]) {
  const pauses: number[] = [];
  let calls = 0;
  const end = await untilServed(
    () => {
      const fault = faults[calls++];
      return fault ? Promise.reject(fault) : Promise.resolve("served");
    },
    (seconds) => Promise.resolve(pauses.push(seconds)),
  ).catch((error: unknown) => error);
  return { end, calls, pauses };
}

it("a call that a server is too busy for is made again when the server says", async () => {
  expect(await served([busy(1), busy(8), busy(3)])).toEqual({ end: "served", calls: 4, pauses: [1, 8, 3] });
});

it("the longest pause that an API server asks for is waited out", async () => {
  expect(await served([busy(32)])).toEqual({ end: "served", calls: 2, pauses: [32] });
});

it("a server that says nothing, or at once, is left alone for a second", async () => {
  expect(await served([busy(), busy(0)])).toMatchObject({ end: "served", pauses: [1, 1] });
});

it("nobody waits for more than 40 seconds, nor for a pause that would be longer", async () => {
  const always = Array.from({ length: 100 }, () => busy(1));
  expect(await served(always)).toMatchObject({ end: always[40], calls: 41 });
  const long = busy(41);
  expect(await served([long])).toEqual({ end: long, calls: 1, pauses: [] });
});

it("whatever else goes wrong is told at once", async () => {
  for (const fault of [new ProductError("cluster-unavailable", "away", { retryAfterSeconds: 2 }), new Error("broken")])
    expect(await served([fault])).toEqual({ end: fault, calls: 1, pauses: [] });
});
