import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type CountedCalls, startCounting } from "./counted-calls.ts";
import { startTestEstate, type TestEstate } from "./estate.ts";
import { type Link, startLink } from "./faults/links.ts";

let estate: TestEstate;
let link: Link;
let cluster: CountedCalls;

beforeAll(async () => {
  // The circuit's time passes when a test says so.
  vi.useFakeTimers({ toFake: ["performance"] });
  estate = await startTestEstate(undefined, {}, undefined, false, {
    async linkTo(system, url) {
      if (system !== "cluster") return url;
      link = await startLink(url);
      return (cluster = await startCounting(link.url)).url;
    },
  });
});
afterAll(async () => {
  await estate.close();
  await cluster.close();
  await link.close();
  vi.useRealTimers();
});

/** A call that reads one object, so that nothing of it goes on when it is answered. */
const ask = async () => {
  const { status, headers, body } = await estate.call<{ code?: string }>("olga", "GET", "/maintenance");
  return [status, body.code, headers.get("retry-after")];
};
const ready = async () => {
  const response = await fetch(`${estate.host.url}/api/health/ready`);
  return [response.status, ((await response.json()) as { kubernetes: string }).kubernetes];
};
/** The requests that calls make of the API server, one after another. */
async function requestsOf(calls: () => Promise<unknown>): Promise<string[]> {
  cluster.calls.length = 0;
  await calls();
  return cluster.calls.filter((call) => !call.includes("watch="));
}

const answered = [200, undefined, null];
const away = [503, "cluster-unavailable", expect.stringMatching(/^[1-5]$/) as string];

describe("while the API server is away", () => {
  beforeAll(async () => {
    expect(await ready()).toEqual([200, "ok"]);
    expect(await ask()).toEqual(answered);
    link.cut();
    for (let n = 0; n < 5; n += 1) expect(await ask()).toEqual(away);
  });

  it("calls fail without a request, and say when to ask again", async () => {
    const requests = await requestsOf(async () => {
      for (const answer of await Promise.all(Array.from({ length: 50 }, ask))) expect(answer).toEqual(away);
    });
    expect(requests).toEqual([]);
  });

  it("the product is not ready", async () => {
    expect(await ready()).toEqual([503, "not ready"]);
  });

  it("one call a second looks whether it is back", async () => {
    vi.advanceTimersByTime(1_000);
    const requests = await requestsOf(async () => {
      for (const answer of await Promise.all(Array.from({ length: 50 }, ask))) expect(answer).toEqual(away);
    });
    // A read whose connection breaks is made a second time.
    expect(new Set(requests).size).toBe(1);
    expect(requests.length).toBeLessThanOrEqual(2);
  });
});

describe("when the API server is back", () => {
  beforeAll(() => {
    link.mend();
    vi.advanceTimersByTime(1_000);
  });

  it("the first look says so, whoever looks", async () => {
    expect(await ready()).toEqual([200, "ok"]);
  });

  it("calls are answered again", async () => {
    expect(await ask()).toEqual(answered);
  });
});
