import { beforeEach, describe, expect, it } from "vitest";
import type { Channel } from "../tabs.ts";
import { type Opener, openerOf, type Told } from "./opener.ts";

/** A browser: what one tab sends, all others get. */
let tabs: Channel<Told>[];
let lost: number[];
beforeEach(() => {
  tabs = [];
  lost = [];
});
function newTab(): Opener {
  const number = tabs.length;
  const tab: Channel<Told> = {
    onmessage: null,
    postMessage(data) {
      for (const other of tabs) if (other !== tab) other.onmessage?.(new MessageEvent("message", { data }));
    },
  };
  tabs.push(tab);
  return openerOf(tab, () => lost.push(number));
}

it("a tab that can tell the others nothing opens what it follows", () => {
  const opener = openerOf(null, () => undefined);
  opener.find("1");
  expect([opener.opens("1"), opener.opens("2")]).toEqual([true, false]);
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

  it("the one opens it that finds it alone, as after a reload", () => {
    const other = newTab();
    other.take("1");
    const found = newTab();
    found.find("2");
    expect(found.opens("2")).toBe(true);
    expect(found.opens("1")).toBe(false);
  });

  it("none opens it any more that has given it up", () => {
    const tab = newTab();
    tab.take("1");
    tab.forget();
    expect(tab.opens("1")).toBe(false);
    const other = newTab();
    other.find("1");
    expect(other.opens("1")).toBe(true);
  });
});
