import { expect, it } from "vitest";
import { minutesFast } from "./clock.ts";

const now = () => Date.parse("2026-11-24T09:20:00.000Z");
const answering = (headers: Record<string, string>) => () => Promise.resolve(new Response(null, { headers }));

it.each([
  ["fast", answering({ date: "Tue, 24 Nov 2026 09:00:10 GMT" }), 20],
  ["slow", answering({ date: "Tue, 24 Nov 2026 09:30:00 GMT" }), -10],
  ["right", answering({ date: "Tue, 24 Nov 2026 09:19:58 GMT" }), 0],
  ["not known: the server says no time", answering({}), null],
  ["not known: there is no server", () => Promise.reject(new TypeError("Failed to fetch")), null],
])("a clock is %s", async (_words, fetching, expected) => {
  expect(await minutesFast("/", fetching, now)).toBe(expected);
});
