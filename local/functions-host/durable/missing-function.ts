import type { AppFunction } from "../functions.ts";

/** The durable extension's message about a missing function. */
export function describeMissing(
  functions: readonly AppFunction[],
  kind: "activity" | "orchestration",
  name: string,
): string {
  const what = kind === "activity" ? "activity" : "orchestrator";
  const known = functions.filter((each) => each.kind === kind).map((each) => `'${each.name}'`);
  return `The function '${name}' doesn't exist, is disabled, or is not an ${what} function. Additional info: ${
    known.length > 0
      ? `The following are the known ${what} functions: ${known.join(", ")}.`
      : `No ${what} functions are currently registered!`
  }`;
}
