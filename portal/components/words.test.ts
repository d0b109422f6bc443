import { expect, it, vi } from "vitest";
import { atTime } from "../pages/times.ts";
import { Words } from "./words.tsx";

const now = new Date("2026-11-24T12:00:00Z");
vi.useFakeTimers({ now });

/** The parts in order: text, or the time that stands for an instant. */
function partsOf(children: string) {
  const parts = Words({ children }) as (string | { props: { dateTime: string; children: string } })[];
  return parts.map((part) => (typeof part === "string" ? part : [part.props.dateTime, part.props.children]));
}

it("times in words are those of the reader's clock", () => {
  const [left, back] = ["2026-11-24T11:31:00.000Z", "2026-11-23T09:00:05Z"];
  expect(partsOf(`it ended at ${left}, not ${back}`)).toEqual([
    "it ended at ",
    [left, atTime(left, now)],
    ", not ",
    [back, atTime(back, now)],
    "",
  ]);
});

it.each(["", "nobody is connected", "until 2099-12-31", "at 09:31", "2026-11-24T11:31", "2026-11-24T11:31:00+01:00"])(
  "other words stay as they are: %j",
  (words) => {
    expect(partsOf(words)).toEqual([words]);
  },
);
