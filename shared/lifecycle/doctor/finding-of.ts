import type { Finding } from "./check.ts";

/**
 * What an error says, with what it advises apart: our messages end in what to do, in brackets or after the code, and
 * causes that are texts are for operators.
 */
export function findingOf(error: unknown): Finding {
  if (!(error instanceof Error)) return { what: String(error), advice: "see docs/doctor.md" };
  const { message, cause } = error;
  const whole = typeof cause === "string" ? `${message}: ${cause}` : message;
  const text = whole.replaceAll(" (see the log)", "");
  const [, what, advice] = /^(.*\(code \w+\)): (.+)$/s.exec(text) ?? /^(.*?) \((.+)\)$/s.exec(text) ?? [];
  return what === undefined || advice === undefined ? { what: text, advice: "see docs/doctor.md" } : { what, advice };
}
