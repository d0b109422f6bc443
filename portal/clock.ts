/**
 * By how many minutes this machine's clock is fast (or, negative, slow), by the clock of the server that this page comes from.
 * Null if that cannot be found out.
 */
export async function minutesFast(page: string, fetching = fetch, now = Date.now): Promise<number | null> {
  try {
    const { headers } = await fetching(page, { method: "HEAD", cache: "no-store", credentials: "omit" });
    const date = Date.parse(headers.get("date") ?? "");
    return Number.isNaN(date) ? null : Math.round((now() - date) / 60_000);
  } catch {
    return null;
  }
}
