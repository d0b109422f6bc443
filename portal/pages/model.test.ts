import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiError, type Api, Unreachable } from "../api/client.ts";
import type { Problem } from "../api/types.ts";
import { SignedOut } from "../sign-in.ts";
import type { Channel, News, Tabs } from "../tabs.ts";
import { type Model, modelOf } from "./model.ts";
import type { Claim, TabMemory, Told } from "./opener.ts";

/** The pages look at whether somebody sees them; here somebody does. */
vi.stubGlobal("document", { hidden: false });

interface Scripted {
  status?: number;
  body?: object;
}
const ready = { username: "alice", workspace: "a", wanted: "a", state: "ready", reason: "" };
const running = { id: "1", username: "alice", workspace: "a", state: "running", seen: "0123456789ab" };
const done = { id: "1", username: "alice", workspace: "a", state: "done", url: "https://guacamole.example/#/client/a" };

const notFound = new ApiError(404, { detail: "there is none with this id" } as Problem, null);

let asked: string[];
let answers: Record<string, (Scripted | Error)[]>;
let opened: string[];
let left: number;
let openers: Channel<Told>;
let memory: TabMemory;
let kept: Record<string, string>;
let told: Claim[];
let tabs: Tabs;
let news: News[];
/** As another tab tells it. */
let hear: ((news: News) => void) | null;
let model: Model;
let finished: Promise<void>;

/** Answers each path as scripted; the last answer counts from then on. */
const api: Api = {
  // As the interface has it: who calls says what the body is.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  call: async <Body>(method: string, path: string) => {
    asked.push(`${method} ${path}`);
    await Promise.resolve();
    const key = `${method} ${path.split("?")[0] ?? ""}`;
    const script = answers[key] ?? [];
    const next = script.length > 1 ? script.shift() : script[0];
    if (next instanceof Error) throw next;
    const { status = 200, body = {} } = next ?? {};
    return { status, body: body as Body, etag: null, location: null, retryAfterSeconds: null };
  },
};

beforeEach(() => {
  asked = [];
  opened = [];
  left = 0;
  answers = {
    "GET users/alice/desktop": [{ body: ready }],
    "GET users/alice/workspaces": [{ body: { workspaces: [] } }],
    "PUT users/alice/desktop": [{ status: 202, body: running }],
    "GET operations/1": [
      { status: 202, body: { ...running, seen: "123456789abc", progress: { message: "pulling" } } },
      { body: done },
    ],
    "DELETE users/alice/desktop": [{ body: { ...done, workspace: null } }],
  };
  openers = { onmessage: null, postMessage: (data) => told.push(data.claim) };
  tabs = {
    tell: (each) => news.push(each),
    listen(each) {
      hear = each;
      return () => (hear = null);
    },
  };
  news = [];
  told = [];
  kept = {};
  memory = {
    getItem: (key) => kept[key] ?? null,
    setItem: (key, value) => (kept[key] = value),
    removeItem: (key) => Reflect.deleteProperty(kept, key),
  };
  const page = { leave: () => (left += 1), open: (address: string) => opened.push(address), tabs, openers, memory };
  model = modelOf({ api, username: "alice", ...page });
});
const begin = () => {
  finished = model.run();
};
const end = async () => {
  model.stop();
  await finished;
};

/** Longer than the page's own pause between two looks, a second, which is Vitest's limit, too. */
const until = (isSo: () => boolean) => vi.waitUntil(isSo, { timeout: 30_000 });

describe("the page's loop", () => {
  it("follows a start from what it saw last, keeps what the cluster said, and opens the desktop once", async () => {
    begin();
    await until(() => model.view.value?.kind === "running");
    await model.start("a");
    await until(() => opened.length > 0);
    await end();
    expect(opened).toEqual([done.url]);
    expect(asked).toContain("GET operations/1?wait=20&after=0123456789ab");
    expect(model.said.value.map(({ words }) => words)).toEqual(["pulling"]);
  });

  it.each([
    ["an address that is a script", { ...done, url: "javascript:alert(1)" }],
    ["a desktop that another Guacamole user has to leave first", { ...done, signInAgain: { reason: "" } }],
    ["a start that failed", { ...done, state: "failed" }],
  ])("does not open %s", async (_words, ended) => {
    answers["GET operations/1"] = [{ body: ended }];
    begin();
    await model.start("a");
    await until(() => asked.includes("GET operations/1?wait=20&after=0123456789ab") && model.operation.value === null);
    await end();
    expect(opened).toEqual([]);
  });

  it("leaves it to the tab in which its person started it", async () => {
    answers["GET users/alice/desktop"] = [{ body: { ...ready, state: "starting", operation: "1" } }, { body: ready }];
    answers["GET operations/1"] = [{ status: 202, body: { ...running, seen: "123456789abc" } }];
    begin();
    await until(() => model.operation.value !== null);
    expect(told).toEqual([]);
    expect(model.opensHere.value).toBe(false);
    // A request that arrives after somebody cancelled would begin it again.
    expect(asked.filter((each) => each.startsWith("PUT"))).toEqual([]);
    answers["GET operations/1"] = [{ body: done }];
    await until(() => model.view.value?.kind === "running");
    await end();
    expect(opened).toEqual([]);
  });

  it("follows a switch that began elsewhere, while the desktop before it still runs", async () => {
    answers["GET users/alice/desktop"] = [{ body: { ...ready, workspace: "b", wanted: "a", operation: "1" } }];
    answers["GET operations/1"] = [{ status: 202, body: { ...running, seen: "123456789abc" } }];
    begin();
    await until(() => model.view.value?.kind === "starting");
    await end();
  });

  it("follows a stop that began elsewhere, and then says what happened", async () => {
    const stopping = { ...running, id: "2", workspace: null };
    const absent = { username: "alice", workspace: null, wanted: null, state: "absent", reason: "" };
    const ended = { workspace: "a", at: "", action: "suspend", reason: "moved", explanation: "", operation: "2" };
    answers["GET users/alice/desktop"] = [{ body: { ...absent, operation: "2" } }, { body: { ...absent, ended } }];
    answers["GET operations/2"] = [{ status: 202, body: stopping }, { body: { ...stopping, state: "done" } }];
    begin();
    await until(() => model.desktop.value?.ended !== undefined && model.operation.value === null);
    await end();
    expect(asked.filter((call) => call.includes("operations/2"))).toHaveLength(2);
    expect(opened).toEqual([]);
  });

  it("opens it after a reload of the tab in which its person started it, unless another one says that it will", async () => {
    kept["portal.opens"] = "1";
    answers["GET users/alice/desktop"] = [{ body: { ...ready, state: "starting", operation: "1" } }, { body: ready }];
    answers["GET operations/1"] = [{ status: 202, body: { ...running, seen: "123456789abc" } }];
    begin();
    await until(() => model.operation.value !== null);
    expect(told).toEqual([[expect.any(Number), expect.any(Number)]]);
    expect(told[0]?.[0]).toBeLessThan(0);
    expect(model.opensHere.value).toBe(true);
    openers.onmessage?.(new MessageEvent("message", { data: { operation: "1", claim: [1, 0] } }));
    expect(model.opensHere.value).toBe(false);
    expect(kept).toEqual({});
    answers["GET operations/1"] = [{ body: done }];
    await until(() => model.view.value?.kind === "running");
    await end();
    expect(opened).toEqual([]);
  });

  describe("in a tab that was loaded again while what was asked for in it came to its end,", () => {
    beforeEach(() => {
      kept["portal.opens"] = "1";
    });

    it("opens it", async () => {
      answers["GET operations/1"] = [{ body: done }];
      begin();
      await until(() => opened.length > 0);
      await end();
      expect(opened).toEqual([done.url]);
      expect(kept).toEqual({});
    });

    it.each([
      ["the start failed", {}, { body: { ...done, state: "failed" } }],
      ["the desktop was stopped since", { wanted: null, state: "suspended" }, { body: done }],
      ["another one is wanted since", { wanted: "b" }, { body: done }],
      ["nobody knows it any more", {}, notFound],
    ])("does not open it if %s, and asks once", async (_words, changed, answer) => {
      answers["GET users/alice/desktop"] = [{ body: { ...ready, ...changed } }];
      answers["GET operations/1"] = [answer];
      begin();
      await until(() => model.workspaces.value !== null && kept["portal.opens"] === undefined);
      const looks = () => asked.filter((call) => call === "GET users/alice/desktop").length;
      const before = looks();
      await until(() => {
        model.lookNow();
        return looks() > before;
      });
      await end();
      expect(opened).toEqual([]);
      expect(asked.filter((call) => call.startsWith("GET operations"))).toHaveLength(1);
      expect(model.trouble.value).toBeNull();
    });
  });

  it("follows at once what took the place of what it followed, whatever state the desktop is in by then", async () => {
    const taken = { body: { ...ready, wanted: "b", operation: "2" } };
    answers["GET users/alice/desktop"] = [{ body: { ...ready, operation: "1" } }, taken];
    answers["GET operations/1"] = [{ status: 202, body: running }, { body: { ...running, state: "superseded" } }];
    answers["GET operations/2"] = [{ status: 202, body: { ...running, id: "2", workspace: "b" } }];
    vi.useFakeTimers();
    try {
      begin();
      await vi.advanceTimersByTimeAsync(3_000);
      expect(model.operation.value).toMatchObject({ id: "2", workspace: "b" });
      await end();
    } finally {
      vi.useRealTimers();
    }
  });

  it("looks again soon while a desktop goes down that nobody told it of, and then seldom", async () => {
    const going = { body: { ...ready, state: "suspending" } };
    answers["GET users/alice/desktop"] = [going, going, { body: { ...ready, wanted: null, state: "suspended" } }];
    vi.useFakeTimers();
    try {
      begin();
      const looks = () => asked.filter((each) => each === "GET users/alice/desktop").length;
      await vi.advanceTimersByTimeAsync(999);
      expect(looks()).toBe(1);
      await vi.advanceTimersByTimeAsync(1 + 2_000);
      expect([looks(), model.desktop.value?.state]).toEqual([3, "suspended"]);
      await vi.advanceTimersByTimeAsync(29_000);
      expect(looks()).toBe(3);
    } finally {
      vi.useRealTimers();
    }
    await end();
  });

  it("looks at once when another tab says that something is new, and not after its end", async () => {
    begin();
    await until(() => model.view.value?.kind === "running");
    answers["GET users/alice/desktop"] = [{ body: { ...ready, state: "suspended", workspace: null, wanted: null } }];
    hear?.("changed");
    await until(() => model.view.value?.kind === "workspaces");
    await end();
    expect(hear).toBeNull();
    expect(news).toEqual([]);
  });

  it.each([
    ["was done", { body: { ...done, workspace: null } }],
    ["had no answer: it may have been done", new Unreachable("the service cannot be reached")],
  ])("tells the other tabs once that something is new when what its person asked for %s", async (_words, answer) => {
    answers["DELETE users/alice/desktop"] = [answer];
    begin();
    await model.suspend();
    await end();
    expect(news).toEqual(["changed"]);
  });

  it("keeps what it shows while the service cannot be reached, and says so until it can", async () => {
    begin();
    await until(() => model.view.value?.kind === "running");
    answers["GET users/alice/desktop"] = [new Unreachable("the service cannot be reached"), { body: ready }];
    model.lookNow();
    await until(() => model.trouble.value !== null);
    expect(model.view.value?.kind).toBe("running");
    model.lookNow();
    await until(() => model.trouble.value === null);
    await end();
  });

  it("ends when the session does, also while somebody makes it look again", async () => {
    const api = { call: () => Promise.reject(new SignedOut("the session has ended")) };
    const page = { leave: () => (left += 1), open: () => undefined, tabs, openers, memory };
    const other = modelOf({ api, username: "alice", ...page });
    const over = other.run();
    other.lookNow();
    await over;
    expect(left).toBe(1);
  });

  it("ends when the session does", async () => {
    answers["GET users/alice/desktop"] = [new SignedOut("the session has ended")];
    begin();
    await finished;
    expect(left).toBe(1);
  });
});

describe("work that is over", () => {
  const before = { ...ready, workspace: "b", state: "suspended", ended: { reason: "of old" } };
  const stopped = { ...ready, state: "suspended", ended: { reason: "of now" } };
  const listed = (state: string) => ({ body: { workspaces: [{ workspace: "a", displayName: state }] } });
  /** What the page showed, one after the other. */
  function shown(): string[] {
    const seen: string[] = [];
    effect(() => {
      const { view, desktop, workspaces } = model;
      const words = [view.value?.kind, desktop.value?.ended?.reason, workspaces.value?.[0]?.displayName].join();
      // As Preact draws: what is set together, together.
      void Promise.resolve().then(() => {
        const now = [
          model.view.value?.kind,
          model.desktop.value?.ended?.reason,
          model.workspaces.value?.[0]?.displayName,
        ];
        if (now.join() === words && seen.at(-1) !== words) seen.push(words);
      });
    });
    return seen;
  }

  it.each([
    ["is ready", "done", ready, "running,,ready"],
    ["failed", "failed", stopped, "workspaces,of now,suspended"],
    ["was ended by somebody else", "superseded", stopped, "workspaces,of now,suspended"],
  ])("is shown until it is known what became of it: it %s", async (_words, state, after, last) => {
    answers["GET users/alice/desktop"] = [{ body: before }, { body: after }];
    answers["GET users/alice/workspaces"] = [listed("suspended"), listed(after.state)];
    answers["GET operations/1"] = [{ body: { ...running, state } }];
    begin();
    await vi.waitUntil(() => model.workspaces.value !== null);
    const seen = shown();
    await model.start("a");
    await vi.waitUntil(() => model.operation.value === null);
    await end();
    expect(seen).toEqual(["workspaces,of old,suspended", "starting,of old,suspended", last]);
  });

  it("is shown until a start that was cancelled is gone, and a desktop that was stopped, from both lists", async () => {
    answers["GET users/alice/desktop"] = [{ body: before }, { body: stopped }];
    answers["GET users/alice/workspaces"] = [listed("suspended"), listed("cancelled")];
    answers["GET operations/1"] = [{ status: 202, body: running }];
    begin();
    await vi.waitUntil(() => model.workspaces.value !== null);
    await model.start("a");
    const seen = shown();
    await model.suspend();
    await end();
    expect(seen).toEqual(["starting,of old,suspended", "workspaces,of now,cancelled"]);
  });
});

it("shows why something was refused, and goes on", async () => {
  const problem = {
    type: "",
    title: "",
    status: 403,
    code: "binding-expired",
    detail: "it ended",
    explanation: "It ended.",
    requestId: "r",
  } as const;
  answers["PUT users/alice/desktop"] = [new ApiError(403, problem, null)];
  begin();
  await model.start("a");
  expect(model.refusal.value?.id).toBe("r");
  expect(model.busy.value).toBe(false);
  await end();
});

it("says that what was asked for had no answer, also once the service answers again", async () => {
  answers["PUT users/alice/desktop"] = [new Unreachable("the service did not answer (502)")];
  begin();
  await until(() => model.view.value?.kind === "running");
  const before = asked.length;
  await model.start("a");
  await until(() => asked.length > before + 2);
  expect(model.trouble.value).toBeNull();
  expect(model.refusal.value).toEqual({ explanation: "The service did not answer (502)." });
  await end();
});

it("says why the desktop could not be stopped, also once the service answers again", async () => {
  const failed = { id: "2", state: "failed", explanation: "The cluster did not answer." };
  answers["DELETE users/alice/desktop"] = [{ body: failed }];
  begin();
  await until(() => model.view.value?.kind === "running");
  const before = asked.length;
  await model.suspend();
  await until(() => asked.length > before + 2);
  expect(model.refusal.value).toEqual({ explanation: failed.explanation, id: "2" });
  await end();
});

it("cancels a start, and does not open it", async () => {
  answers["GET operations/1"] = [{ status: 202, body: running }];
  begin();
  await model.start("a");
  await model.suspend();
  expect(model.operation.value).toBeNull();
  expect(asked).toContain("DELETE users/alice/desktop?wait=10");
  await end();
  expect(opened).toEqual([]);
});

describe("the page that nobody looks at", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("document", { hidden: true });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.stubGlobal("document", { hidden: false });
  });
  const minutes = (number: number) => vi.advanceTimersByTimeAsync(number * 60_000);
  const endsIn = (number: number) => new Date(Date.now() + number * 60_000).toISOString();
  const looks = () => asked.filter((each) => each === "GET users/alice/desktop").length;

  it("asks nothing, as long as nothing is about to end", async () => {
    answers["GET users/alice/desktop"] = [{ body: { ...ready, endsAt: endsIn(60) } }];
    begin();
    await minutes(30);
    expect(looks()).toBe(1);
    await end();
  });

  it("asks again before it announces the end in the tab's title: a desktop in use ends later than was known", async () => {
    answers["GET users/alice/desktop"] = [
      { body: { ...ready, endsAt: endsIn(20) } },
      { body: { ...ready, endsAt: endsIn(90) } },
    ];
    begin();
    await minutes(4);
    expect(looks()).toBe(1);
    await minutes(4);
    expect(looks()).toBe(2);
    expect(model.desktop.value?.endsAt).toBe(endsIn(82));
    await end();
  });

  it("follows the time while the end is near", async () => {
    answers["GET users/alice/desktop"] = [{ body: { ...ready, endsAt: endsIn(12) } }];
    begin();
    await minutes(5);
    expect(model.clock.value.getTime()).toBeGreaterThan(Date.now() - 60_000);
    await end();
  });
});
