import { beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../tabs.ts";
import { type Opener, openerOf, type TabMemory, type Told } from "./opener.ts";

/** A browser: what one tab sends, all others get. */
let tabs: Channel<Told>[];
let lost: number[];
/** No two claims are of the same moment, unless a test says so. */
let time = 0;
beforeEach(() => {
  tabs = [];
  lost = [];
});
function newMemory(of: Readonly<Record<string, string>> = {}): TabMemory & { kept: Record<string, string> } {
  const kept = { ...of };
  return {
    kept,
    getItem: (name) => kept[name] ?? null,
    setItem: (name, value) => {
      kept[name] = value;
    },
    removeItem: (name) => {
      Reflect.deleteProperty(kept, name);
    },
  };
}
/** One without other tabs is one in another browser. */
function newTab(memory = newMemory(), browser = tabs): Opener {
  const number = browser.length;
  const tab: Channel<Told> = {
    onmessage: null,
    postMessage(data) {
      for (const other of browser) if (other !== tab) other.onmessage?.(new MessageEvent("message", { data }));
    },
  };
  browser.push(tab);
  return openerOf(tab, memory, () => lost.push(number), { now: () => (time += 1) });
}

it("a tab that can tell the others nothing opens what was asked for in it, also after a reload", () => {
  const memory = newMemory();
  openerOf(null, memory, () => undefined).take("1");
  const reloaded = openerOf(null, memory, () => undefined);
  reloaded.find("1");
  expect([reloaded.opens("1"), reloaded.opens("2")]).toEqual([true, false]);
});

describe("of several tabs that follow a start", () => {
  it("the one opens it in which it was asked for", () => {
    const [first, second] = [newTab(), newTab()];
    first.take("1");
    second.find("1");
    expect([first.opens("1"), second.opens("1")]).toEqual([true, false]);
    expect(lost).toEqual([1]);
  });

  it("the one opens it in which it was asked for last", () => {
    const [first, second] = [newTab(), newTab()];
    first.take("1");
    second.take("1");
    expect([first.opens("1"), second.opens("1")]).toEqual([false, true]);
  });

  it("the one opens it after a reload in which it was asked for, and not a copy of that tab", () => {
    const memory = newMemory();
    newTab(memory).take("1");
    tabs = [];
    const reloaded = newTab(memory);
    reloaded.find("1");
    expect(reloaded.opens("1")).toBe(true);
    const copy = newTab(newMemory(memory.kept));
    copy.find("1");
    expect([reloaded.opens("1"), copy.opens("1")]).toEqual([true, false]);
    expect(lost).toEqual([1]);
  });

  it("none opens it that finds it alone: another browser, or the login, began it", () => {
    newTab().take("1");
    const other = newTab(newMemory(), []);
    other.find("1");
    expect(other.opens("1")).toBe(false);
    expect(lost).toEqual([0]);
  });

  it("none opens it any more that has given it up, and nothing of it is kept", () => {
    const memory = newMemory();
    const tab = newTab(memory);
    tab.take("1");
    expect(Object.values(memory.kept)).toEqual(["1"]);
    tab.forget();
    expect(tab.opens("1")).toBe(false);
    expect(memory.kept).toEqual({});
  });
});

/** What happens in one tab, step by step; "copy" opens another tab with what this one remembers then, as "Duplicate tab" does. */
type Step = "asked" | "loaded" | "copied";

/** All orders in which the steps of tabs and the arrival of their messages can follow each other. */
describe("whatever crosses on the way, exactly one opens it", () => {
  interface World {
    /** By tab. */
    opens: boolean[];
    /** What could happen next: a tab's next step, or the arrival of what one tab has told another. */
    possible: string[];
    state: string;
  }

  /** Lets happen what `path` says, in a new browser. */
  function play(scripts: readonly Step[][], sameMoment: boolean, path: readonly string[]): World {
    let time = 1_000;
    // A tab that begins with a reload had asked for it before.
    const memories = scripts.map(([first]) => newMemory(first === "loaded" ? { "portal.opens": "1" } : {}));
    const openers: (Opener | undefined)[] = scripts.map(() => undefined);
    const heardBy: Channel<Told>[] = [];
    const onTheWay: Record<string, Told[]> = {};
    const left = scripts.map((script) => [...script]);
    const done: string[] = [];

    function load(tab: number): Opener {
      // What is on the way to a page that is left is lost.
      for (const from of scripts.keys()) Reflect.deleteProperty(onTheWay, `${from}>${tab}`);
      const channel: Channel<Told> = {
        onmessage: null,
        postMessage(data) {
          for (const to of scripts.keys()) if (to !== tab && openers[to]) (onTheWay[`${tab}>${to}`] ??= []).push(data);
        },
      };
      heardBy[tab] = channel;
      // The order of the numbers is not that of the tabs.
      const random = () => [0.5, 0.7, 0.2][tab] ?? 0;
      const around = { now: () => time, random };
      return (openers[tab] = openerOf(channel, memories[tab] ?? newMemory(), () => undefined, around));
    }

    for (const each of path) {
      const [from = 0, to] = each.split(">").map(Number);
      if (to !== undefined) {
        const data = onTheWay[each]?.shift();
        heardBy[to]?.onmessage?.(new MessageEvent("message", { ...(data && { data }) }));
        continue;
      }
      const step = left[from]?.shift();
      if (!sameMoment) time += 1;
      done.push(each);
      if (step === "asked") (openers[from] ?? load(from)).take("1");
      else {
        const original = memories[0]?.kept ?? {};
        if (step === "copied") Object.assign(memories[from]?.kept ?? {}, original);
        load(from).find("1");
      }
    }
    const opens = openers.map((opener) => opener?.opens("1") === true);
    const possible = [
      ...left.flatMap((steps, tab) => (steps.length > 0 ? [String(tab)] : [])),
      ...Object.keys(onTheWay).filter((each) => (onTheWay[each] ?? []).length > 0),
    ];
    const state = JSON.stringify([opens, onTheWay, memories.map(({ kept }) => kept), sameMoment ? left : done]);
    return { opens, possible, state };
  }

  /** What the tabs do at the end of each order, and how many orders there were that differ. */
  function outcomes(scripts: readonly Step[][], sameMoment: boolean): { ends: string[]; states: number } {
    const seen = new Set<string>();
    const ends = new Set<string>();
    const paths: string[][] = [[]];
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const { opens, possible, state } = play(scripts, sameMoment, path);
      if (seen.has(state)) continue;
      seen.add(state);
      if (possible.length === 0) ends.add(`${opens.filter(Boolean).length} of ${opens.length}`);
      for (const next of possible) paths.push([...path, next]);
    }
    return { ends: [...ends], states: seen.size };
  }

  const histories: Step[][][] = [
    [["asked"], ["asked"]],
    [["asked"], ["copied"]],
    [["asked", "loaded"], ["copied"]],
    [
      ["asked", "loaded"],
      ["copied", "loaded"],
    ],
    [
      ["asked", "loaded"],
      ["asked", "loaded"],
    ],
    [["asked"], ["copied", "asked"]],
    [["asked"], ["asked"], ["asked"]],
    [["asked"], ["copied"], ["copied"]],
    [["loaded"], ["copied"]],
    [["loaded"], ["copied"], ["copied"]],
    [["loaded"], ["copied"], ["asked"]],
    [["asked"], ["asked"], ["copied"]],
  ];
  it.each(
    histories.flatMap((history) => [true, false].map((same) => [JSON.stringify(history), same, history] as const)),
  )("%s, at the same moment: %s", (_words, sameMoment, history) => {
    const { ends, states } = outcomes(history, sameMoment);
    expect(ends).toEqual([`1 of ${history.length}`]);
    expect(states).toBeGreaterThan(history.length);
  });
});
