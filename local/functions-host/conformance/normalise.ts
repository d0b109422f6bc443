// One or more lines of a JavaScript or .NET stack trace, even inside JSON within a text, and truncated anywhere.
const stackLines = /(?:(?:(?:\\r)?\\n|\r?\n)?\s{3,}at (?:(?!\\r|\\n|\\"|\r|\n|").)+)+/g;
const guid = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g;

/**
 * Makes the answers of two runs comparable. Replaces the run's mark in instance ids and the numbers after it, GUIDs,
 * the duration of a point (`ms`), stack traces with their file paths, and how many of ten concurrent starts were
 * accepted (1 to 10, measured). Everything else must be equal.
 */
export function normalise(answer: unknown, run: string): unknown {
  if (Array.isArray(answer)) return answer.map((each) => normalise(each, run));
  if (typeof answer === "string") {
    return answer
      .replaceAll(new RegExp(`${run}-\\d+`, "g"), "<run>-<number>")
      .replaceAll(run, "<run>")
      .replace(guid, "<guid>")
      .replace(stackLines, " at <stack>")
      .replace(/^(?:[1-9]|10) accepted$/, "<1 to 10> accepted");
  }
  if (typeof answer !== "object" || answer === null) return answer;
  const entries = Object.entries(answer).filter(([name]) => name !== "ms");
  return Object.fromEntries(entries.map(([name, value]) => [name, normalise(value, run)]));
}
