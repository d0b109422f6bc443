import { dirname } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { portalFiles } from "../../local/package/portal-files.ts";

/** What a browser loads before the first picture, in bytes as they are sent with gzip: the page, and all that it names. */
let files: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  ({ files } = await portalFiles(dirname(dirname(import.meta.dirname))));
});

function firstLoad(page: string): { name: string; bytes: number }[] {
  const html = new TextDecoder().decode(files.get(page));
  const named = [...html.matchAll(/ (?:src|href)="\/(assets\/[^"]+)"/g)].map(([, name = ""]) => name);
  return [page, ...named].map(sent);
}

function sent(name: string): { name: string; bytes: number } {
  return { name, bytes: (files.get(`${name}.gz`) ?? files.get(name))?.length ?? NaN };
}

it.each([
  ["index.html", 45_000],
  ["console.html", 60_000],
  ["accessibility.html", 45_000],
])("the first load of %s is at most %i bytes", (page, most) => {
  const loaded = firstLoad(page);
  expect(loaded.length).toBeGreaterThan(1);
  const sum = loaded.reduce((total, { bytes }) => total + bytes, 0);
  expect(sum, JSON.stringify(loaded)).toBeLessThanOrEqual(most);
});

it("what draws charts is at most 25000 bytes more, and is loaded with no page", () => {
  const chart = [...files.keys()].filter((name) => /^assets\/plot-[^/]*\.(js|css)$/.test(name));
  expect(chart.length).toBe(2);
  const sum = chart.map(sent).reduce((total, { bytes }) => total + bytes, 0);
  expect(sum, JSON.stringify(chart.map(sent))).toBeLessThanOrEqual(25_000);
  const first = ["index.html", "console.html", "accessibility.html"].flatMap(firstLoad).map(({ name }) => name);
  expect(first.filter((name) => chart.includes(name))).toEqual([]);
});
