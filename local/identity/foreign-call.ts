/**
 * True of a call that a web page may have made: its Host is not this machine's (a name of the page's own, rebound to
 * 127.0.0.1), or a page of another origin sent it. Ports do not count: tests put links in between.
 *
 * @param listed the origin whose pages may make this call
 */
export function isForeign(
  { host = "", origin }: { host?: string | undefined; origin?: string | undefined },
  listed?: string,
): boolean {
  return !isHere(host) || (origin !== undefined && origin !== listed && origin !== `http://${host}`);
}

/** Whether a Host is this machine's. */
export function isHere(host = ""): boolean {
  return /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host);
}
