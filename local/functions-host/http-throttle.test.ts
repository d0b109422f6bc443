import { expect, it } from "vitest";
import type { HostResponse } from "./http-message.ts";
import { createThrottle } from "./http-throttle.ts";

it("requests beyond those that may run wait for their turn, and beyond those that may wait they are 429 without a body", async () => {
  const throttle = createThrottle({ maxConcurrentRequests: 2, maxOutstandingRequests: 3 });
  const begun: PromiseWithResolvers<HostResponse>[] = [];
  const ask = () =>
    throttle(() => {
      const answer = Promise.withResolvers<HostResponse>();
      begun.push(answer);
      return answer.promise;
    });
  const answers = [ask(), ask(), ask()];
  expect(begun).toHaveLength(2);
  expect(await ask()).toEqual({ status: 429, headers: [["X-FUNCTION-SCALEOUT", "1"]] });
  begun[0]?.resolve({ status: 200 });
  expect(await answers[0]).toEqual({ status: 200 });
  await expect.poll(() => begun.length).toBe(3);
  begun[1]?.reject(new Error("broken"));
  await expect(answers[1]).rejects.toThrow("broken");
  begun[2]?.resolve({ status: 204 });
  expect(await answers[2]).toEqual({ status: 204 });
});

it("nothing is refused without limits", async () => {
  const throttle = createThrottle({ maxConcurrentRequests: -1, maxOutstandingRequests: -1 });
  const answers = await Promise.all(
    Array.from({ length: 2_000 }, () => throttle(() => Promise.resolve({ status: 200 }))),
  );
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
});
