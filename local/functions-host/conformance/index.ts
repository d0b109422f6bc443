/** The recorded answers of the real Durable extension, to be compared on any host that has loaded the fixture app. */
import { readdirSync } from "node:fs";
import path from "node:path";

export { normalise } from "./normalise.ts";
export { conformancePoints } from "./points.ts";
export { type ConformanceHost, type Session, startSession } from "./session.ts";

/** The sources of the fixture app. They import the two libraries and each other only. */
export const fixtureSources: readonly string[] = readdirSync(import.meta.dirname)
  .filter((name) => /^(?:conformance-app|.*-orchestrations)\.ts$/.test(name))
  .map((name) => path.join(import.meta.dirname, name));
