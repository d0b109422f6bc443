/**
 * Control characters, line and paragraph separators, invisible format characters (among them those that reverse the reading
 * direction), and halves of surrogate pairs.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Cf}\p{Cs}]/gu;
const short: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * The text as one line that shows what is in it. Usernames, events, and messages of other systems reach the log; a line break
 * in one must not look like another entry, and an escape sequence must not reach an operator's terminal.
 */
export function oneLine(text: string): string {
  return text.replace(unprintable, (sign) => short[sign] ?? `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
}

/** An error for the host, which logs its message. */
export function inOneLine(error: unknown): unknown {
  return error instanceof Error ? new Error(oneLine(error.message), { cause: error }) : error;
}
