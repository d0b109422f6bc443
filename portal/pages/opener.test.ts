import { beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../tabs.ts";
import { type Opener, openerOf, type TabMemory, type Told } from "./opener.ts";

/** A browser: what one tab sends, all others get. */
let tabs: Channel<Told>[];
let lost: number[];
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
  return openerOf(tab, memory, () => lost.push(number));
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
