import { type PersonRecord, recordSchema } from "./record.ts";
import { outcomeOf } from "./outcomes.ts";
import { tellFaults } from "../errors.ts";

/** Each part of a record is JSON under its own key, so that people can read it with kubectl. */
const parts: readonly string[] = Object.keys(recordSchema.shape);

type Texts = Readonly<Record<string, string>>;

type Parsed = { record: PersonRecord } | { fault: string };
export type RecordParser = (texts: Texts) => Parsed;

/** Does what `parseRecord` does, and remembers the result, for a list that is read often and changes little. */
export function recordParser(): RecordParser {
  const before = new Map<string, Parsed>();
  return (texts) => {
    const key = parts.map((part) => `${texts[part]?.length}:${texts[part]}`).join();
    const found = before.get(key);
    if (found) return found;
    const parsed = deepFreeze(parseRecord(texts));
    if (before.size >= mostRemembered) before.clear();
    before.set(key, parsed);
    return parsed;
  };
}

/** More than ever wait in a queue; some kilobytes each. */
const mostRemembered = 4_000;

/** Several get the same record: none of them may change it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** The record in these texts, or what is wrong with it, in words that quote none of it. */
export function parseRecord(texts: Texts): Parsed {
  const read: Record<string, unknown> = {};
  for (const part of parts) {
    const text = texts[part];
    if (text === undefined) continue;
    try {
      read[part] = JSON.parse(text);
    } catch {
      return { fault: `${part} is not JSON` }; // the parser's own message quotes the text
    }
  }
  return checkRecord(read);
}

/**
 * The texts of a record. Texts in `before` that are no part of a record of this release stay as they are. Throws if the
 * record could not be read again.
 */
export function formatRecord(record: PersonRecord, before: Texts = {}): Record<string, string> {
  const checked = checkRecord(record);
  if ("fault" in checked) throw new Error(`write person record: ${checked.fault}`);
  const others = Object.entries(before).filter(([key]) => !parts.includes(key));
  const own = Object.entries(record).filter(([, value]) => value !== undefined);
  return Object.fromEntries([...others, ...own.map(([key, value]) => [key, JSON.stringify(value)] as const)]);
}

/**
 * The record without a place in the queue that is not that of its request: an older release keeps the text of one, which it
 * does not know, when it ends a request or writes another. Such a place would hold up everybody behind it.
 */
export function withoutPastAdmission(record: PersonRecord): PersonRecord {
  const { admission, ...others } = record;
  if (!admission || (admission.workspace === record.request.workspace && !outcomeOf(record))) return record;
  return others;
}

function checkRecord(read: object): Parsed {
  const { data, error } = recordSchema.safeParse(read);
  if (data) return { record: data };
  const faults = error.issues.map(({ path, message }) => {
    const [part = ""] = path;
    return path.length === 1 && !Object.hasOwn(read, part)
      ? `${String(part)} is missing`
      : `${path.join(".")}: ${message}`;
  });
  return { fault: tellFaults(faults) };
}
