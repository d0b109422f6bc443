import { readFileSync } from "node:fs";
import path from "node:path";
import { clientPoints } from "./client-points.ts";
import { eventPoints } from "./event-points.ts";
import { normalise } from "./normalise.ts";
import type { Points, Session } from "./session.ts";
import { taskPoints } from "./task-points.ts";

export interface ConformancePoint {
  /** The key in durable.json. Leading spaces are the recording's. */
  name: string;
  run(session: Session): Promise<unknown>;
  /** The recorded answer, normalised. */
  expected: unknown;
}

const file = path.join(import.meta.dirname, "../fixture/recorded/durable.json");
const recorded = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
/** The mark of the recorded run in its instance ids. */
const recordedRun = "mwwtubm5";

const points: Points = { ...taskPoints, ...eventPoints, ...clientPoints };

/** Every recorded point with how to obtain its answer, in the order of the recording. Throws if one has no `run`. */
export const conformancePoints: readonly ConformancePoint[] = Object.entries(recorded).map(([name, answer]) => {
  const run = points[name];
  if (!run) throw new Error(`read durable.json: no point is called '${name}' (write it)`);
  return { name, run, expected: normalise(answer, recordedRun) };
});
