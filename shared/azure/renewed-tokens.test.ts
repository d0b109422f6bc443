import type { AccessToken } from "@azure/identity";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { renewedTokens, type Tokens } from "./renewed-tokens.ts";

const minute = 60_000;
const start = Date.UTC(2026, 0, 1);

let asked: string[];
/** What the identity does when it is asked. */
let answer: () => Promise<AccessToken | null>;
let tokens: Tokens;
let given: number;

beforeEach(() => {
  vi.useFakeTimers({ now: start });
  [asked, given] = [[], 0];
  answer = () => Promise.resolve({ token: `t${(given += 1)}`, expiresOnTimestamp: Date.now() + 60 * minute });
  const getToken = (scope: string | string[]) => {
    asked.push(String(scope));
    return answer();
  };
  tokens = renewedTokens(() => Promise.resolve({ getToken }));
});
afterEach(() => {
  vi.useRealTimers();
});

const token = async (scope = "a") => (await tokens.tokenFor(scope)).token;
const after = (minutes: number) => vi.setSystemTime(start + minutes * minute);
const fail = () => Promise.reject(new Error("no identity"));

describe("a token", () => {
  it("is asked for once by everybody at the same time, and kept, for each audience", async () => {
    const all = await Promise.all(Array.from({ length: 200 }, (_, at) => token(at % 2 ? "a" : "b")));
    expect([new Set(all).size, await token("a"), await token("b")]).toEqual([2, all[1], all[0]]);
    expect(asked).toEqual(["b", "a"]);
  });

  it("is renewed five minutes before its end, in the background, by one request", async () => {
    await token();
    after(54.9);
    expect(await token()).toBe("t1");
    expect(asked).toHaveLength(1);
    after(55);
    expect(await Promise.all(Array.from({ length: 200 }, () => token()))).toEqual(Array<string>(200).fill("t1"));
    expect(asked).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(0);
    expect(await token()).toBe("t2");
    expect(asked).toHaveLength(2);
  });

  it("is renewed when the identity says", async () => {
    const [expiresOnTimestamp, refreshAfterTimestamp] = [start + 1_440 * minute, start + 720 * minute];
    answer = () => Promise.resolve({ token: "long", expiresOnTimestamp, refreshAfterTimestamp });
    await token();
    after(719);
    await token();
    expect(asked).toHaveLength(1);
    after(720);
    await token();
    expect(asked).toHaveLength(2);
  });

  it("is waited for in the last minute of the old one", async () => {
    await token();
    after(59);
    expect(await token()).toBe("t2");
  });
});

describe("an identity that gives no token", () => {
  it("is not felt while the old one is valid, and is asked once a second", async () => {
    await token();
    answer = fail;
    after(56);
    for (let call = 0; call < 50; call += 1) {
      expect(await token()).toBe("t1");
      await vi.advanceTimersByTimeAsync(100);
    }
    expect(asked).toHaveLength(1 + 5);
    after(59);
    await expect(token()).rejects.toThrow("no identity");
  });

  it("is asked by one request at a time, and once a second, if there is no old one", async () => {
    answer = fail;
    for (let second = 0; second < 3; second += 1) {
      const calls = await Promise.allSettled(Array.from({ length: 200 }, () => token()));
      expect(new Set(calls.map(({ status }) => status))).toEqual(new Set(["rejected"]));
      await expect(token()).rejects.toThrow("no identity");
      await vi.advanceTimersByTimeAsync(1_000);
    }
    expect(asked).toHaveLength(3);
    answer = () => Promise.resolve({ token: "back", expiresOnTimestamp: Date.now() + 60 * minute });
    expect(await token()).toBe("back");
  });

  it("is asked again at once if the clock was put back since it failed", async () => {
    answer = fail;
    await expect(token()).rejects.toThrow("no identity");
    after(-60);
    await expect(token()).rejects.toThrow("no identity");
    expect(asked).toHaveLength(2);
  });

  it("says so if it answers nothing within ten seconds, and is asked again then", async () => {
    answer = () => new Promise(() => undefined);
    const first = expect(token()).rejects.toThrow("did not answer within 10 s");
    await vi.advanceTimersByTimeAsync(10_000);
    await first;
    answer = () => Promise.resolve({ token: "back", expiresOnTimestamp: Date.now() + 60 * minute });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await token()).toBe("back");
  });

  it("says so if it gives null", async () => {
    answer = () => Promise.resolve(null);
    await expect(token()).rejects.toThrow("gave no token");
  });
});
