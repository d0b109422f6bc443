/**
 * True of a call that a web page may have made: its Host is not this machine's (a name of the page's own, rebound to
 * 127.0.0.1), or a page of another origin sent it. Ports do not count: tests put links in between.
 */
export function isForeign({ host = "", origin }: { host?: string | undefined; origin?: string | undefined }): boolean {
  const isHere = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i.test(host);
  return !isHere || (origin !== undefined && origin !== `http://${host}`);
}
