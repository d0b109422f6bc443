import { expect, it } from "vitest";
import { circuitOf } from "./circuit.ts";
import { ProductError } from "./errors.ts";

class Away extends Error {}
const away = new Away("away");
const refused = new Error("refused");
const told = expect.objectContaining({ message: "away", retryAfterSeconds: 1 }) as ProductError;

/** A circuit with a clock that the test moves, and how often the system was called. */
function circuit() {
  let time = 0;
  let calls = 0;
  const tested = circuitOf(
    (error) => error instanceof Away,
    (last) => new ProductError("cluster-unavailable", last.message, { retryAfterSeconds: 1 }),
    () => time,
  );
  const call = (outcome: Error | string | Promise<string>) =>
    tested
      .run(() => {
        calls += 1;
        return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
      })
      .catch((error: unknown) => error);
  return { call, wait: (milliseconds: number) => (time += milliseconds), calls: () => calls };
}

it("is closed while calls are answered, refused or only now and then lost", async () => {
  const { call, calls } = circuit();
  for (const outcome of [away, away, "fine", away, away, away, refused, away, away, away, away])
    expect(await call(outcome)).toBe(outcome);
  expect(calls()).toBe(11);
});

it("opens after five calls in a row without an answer, and then tells the last outage and calls nobody", async () => {
  const { call, calls } = circuit();
  for (let n = 0; n < 5; n += 1) await call(away);
  expect(await call("fine")).toEqual(told);
  expect(calls()).toBe(5);
});

it("lets one call through each second, whose answer closes it", async () => {
  const { call, wait, calls } = circuit();
  for (let n = 0; n < 5; n += 1) await call(away);
  wait(1_000);
  const [first, second] = [call(away), call("fine")];
  expect([await first, await second]).toEqual([away, told]);
  expect(await call("fine")).toEqual(told);
  wait(1_000);
  expect(await call("fine")).toBe("fine");
  expect(await call("fine")).toBe("fine");
  expect(calls()).toBe(8);
});

it("refuses the others while the one that was let through has no answer, but not for ever", async () => {
  const { call, wait, calls } = circuit();
  for (let n = 0; n < 5; n += 1) await call(away);
  wait(1_000);
  void call(Promise.withResolvers<string>().promise);
  wait(2_999);
  expect(await call("fine")).toEqual(told);
  expect(calls()).toBe(6);
  wait(1);
  expect(await call("fine")).toBe("fine");
  expect(await call("fine")).toBe("fine");
});

it("closes when a call that was made before it opened is answered", async () => {
  const { call } = circuit();
  const { promise, resolve } = Promise.withResolvers<string>();
  const early = call(promise);
  for (let n = 0; n < 5; n += 1) await call(away);
  resolve("late");
  expect(await early).toBe("late");
  expect(await call("fine")).toBe("fine");
});
