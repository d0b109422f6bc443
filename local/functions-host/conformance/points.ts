import { readFileSync } from "node:fs";
import path from "node:path";
import { clientPoints } from "./client-points.ts";
import { eventPoints } from "./event-points.ts";
import { normalise } from "./normalise.ts";
import type { Points, Session } from "./session.ts";
import { taskPoints } from "./task-points.ts";

export interface ConformancePoint {
  /** The key in durable.json. Leading spaces are part of the recording. */
  name: string;
  run(session: Session): Promise<unknown>;
  /** The recorded answer, normalised. */
  expected: unknown;
}

const file = path.join(import.meta.dirname, "../fixture/recorded/durable.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
/** The mark in the recorded run's instance ids. */
const recordedRun = "mwwtubm5";

const points: Points = { ...taskPoints, ...eventPoints, ...clientPoints };

/** All recorded points and how to obtain their answers, in recorded order. Throws if one has no `run`. */
export const conformancePoints: readonly ConformancePoint[] = Object.entries(recorded).map(([name, answer]) => {
  const run = points[name];
  if (!run) throw new Error(`read durable.json: there is no point '${name}' (write it)`);
  return { name, run, expected: normalise(answer, recordedRun) };
});
