/**
 * `npm run bench:side-by-side [-- --only CASE,CASE] [--before FOLDER]`: what the product takes for one person, side by side with the
 * floor, which does the same with `pg` and `fetch` alone in a process of its own, with another checkout if one is given, and with
 * the counts of the operator that it replaces. Counts are exact; CPU is that of the process alone, in which the product has the
 * Functions host and the identity provider with it. Nothing here fails. docs/performance.md has figures.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type DesktopCase, type Figures, measureDesktops } from "./desktop-cases.ts";
import { onFreshProduct } from "./fresh-product.ts";
import { onFreshSystems } from "./fresh-systems.ts";
import { type Import, measureImports } from "./import-starts.ts";
import { machine } from "./machine.ts";
import { measureEstate } from "./measured-estate.ts";
import { operatorCounts } from "./operator-counts.ts";
import { onFloor, productSubject } from "./subjects.ts";

const { values } = parseArgs({ options: { only: { type: "string" }, before: { type: "string" } } });

/** A small container on a node that has the image. */
const podDelays = { scheduledAfterMs: 50, runningAfterMs: 300, readyAfterMs: 500, goneAfterMs: 100 };
/** The timers that run every few minutes would fall into some minutes and not into others; those of 30 seconds run as usual. */
const never = "0 0 0 29 2 *";
const settings = {
  STARTS_AT_ONCE: "32",
  PERSON_CHANGES_PER_MINUTE: "1000",
  REAP_SCHEDULE: never,
  RECONCILE_SCHEDULE: never,
  UPKEEP_SCHEDULE: never,
};
const desktopCases: readonly DesktopCase[] = [
  "new desktop",
  "the same again",
  "switch",
  "60 s container",
  "60 s alone",
  "200 at once",
];
const importRounds = 5;
const page = "page of 100 of 10,000";
const loading = "import of the app";

type Whose = "ours" | "package" | "before" | "floor" | "operator";
type Row = Partial<Figures>;
type Measured = Map<string, Map<Whose, Row>>;

const only = values.only?.split(",") ?? [""];
const isWanted = (name: string) => only.some((begin) => name.startsWith(begin));
const measured: Measured = new Map(
  [...desktopCases, page, loading].filter(isWanted).map((name) => [name, new Map<Whose, Row>()]),
);
const note = (name: string, whose: Whose, row: Row) => measured.get(name)?.set(whose, row);

try {
  if (desktopCases.some(isWanted)) await measureAllDesktops();
  if (isWanted(page)) await measurePage();
  if (isWanted(loading)) await measureLoading();
} finally {
  for (const [name, counts] of Object.entries(operatorCounts)) note(name, "operator", counts);
  report();
}

async function measureAllDesktops(): Promise<void> {
  const checkouts: [Whose, string | undefined][] = [
    ["ours", "."],
    ["before", values.before],
  ];
  for (const [whose, folder] of checkouts) {
    if (folder === undefined) continue;
    await onFreshProduct({ root: resolve(folder), settings, podDelays }, async (fresh) => {
      const found = await measureDesktops(productSubject(fresh), isWanted);
      for (const [name, figures] of found) note(name, whose, figures);
    });
  }
  // It asks for nothing on its own, and its watch costs the same however long it lasts: a slow container's is a new desktop's.
  const isMeasured = (name: DesktopCase) =>
    !name.startsWith("60 s") && (isWanted(name) || (name === "new desktop" && isWanted("60 s container")));
  await onFreshSystems(podDelays, (systems) =>
    onFloor(systems, async (floor) => {
      const found = await measureDesktops(floor, isMeasured);
      for (const [name, figures] of found) note(name, "floor", figures);
      const one = found.get("new desktop");
      if (one) note("60 s container", "floor", one);
    }),
  );
}

async function measurePage(): Promise<void> {
  const [ours, floor] = ["one page of desktops", "the least for a page"];
  const works = await measureEstate(10_000, [ours, floor]);
  for (const [whose, work] of [
    ["ours", works[ours]],
    ["floor", works[floor]],
  ] as const)
    if (work) note(page, whose, { ...work, note: `${(work.bytes / 1e6).toFixed(2)} MB` });
}

async function measureLoading(): Promise<void> {
  const { built, floor, before, package: packed, zip } = await measureImports(importRounds, values.before);
  const row = ({ cpu, megabytes }: Import): Row => ({ cpu, note: `${megabytes.toFixed(0)} MB of memory` });
  note(loading, "ours", row(built));
  const [, first, later] = packed;
  if (first && later) {
    const words = `${row(later).note ?? ""}, first start ${first.cpu.toFixed(0)} ms, zip ${zip.toFixed(2)} MB`;
    note(loading, "package", { ...row(later), note: words });
  }
  if (before) note(loading, "before", row(before));
  note(loading, "floor", row(floor));
}

function report(): void {
  process.stdout.write(`${machine}\n\n`);
  line(["case", "", "requests", "round trips", "CPU ms", "CPU to floor", ""]);
  line(["---", "---", "--:", "--:", "--:", "--:", "---"]);
  for (const [name, rows] of measured) {
    const floor = rows.get("floor")?.cpu;
    let shown = name;
    for (const [whose, { requests, roundTrips, cpu, note: words = "" }] of rows) {
      const ratio = cpu !== undefined && floor !== undefined ? (cpu / floor).toFixed(1) : "";
      line([shown, whose, count(requests), count(roundTrips), cpu?.toFixed(1) ?? "", ratio, words]);
      shown = "";
    }
  }
}

function count(figure: number | undefined): string {
  return figure === undefined ? "" : figure.toFixed(Number.isInteger(figure) ? 0 : 1);
}

function line(cells: readonly string[]): void {
  const widths = [22, 8, 8, 11, 8, 12, 0];
  const padded = cells.map((cell, index) =>
    index >= 2 && index <= 5 ? cell.padStart(widths[index] ?? 0) : cell.padEnd(widths[index] ?? 0),
  );
  process.stdout.write(`| ${padded.join(" | ")} |\n`);
}
