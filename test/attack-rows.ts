import { expect, it } from "vitest";
import type { TestEstate } from "./estate.ts";
import { everything } from "./everything.ts";

/** A call of the API, by default a POST. */
export interface Attack {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array | undefined;
}

/** What it is, the status of its answer, and the call, which is made when its turn comes. */
export type AttackRow = [words: string, status: number, attack: () => Attack | Promise<Attack>];

export async function send(
  estate: TestEstate,
  { method = "POST", path = "", headers = {}, body }: Attack,
): Promise<Response> {
  return fetch(`${estate.host.url}/api/${path}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
}

/** Declares a test for each attack: it is answered with its status, and changes nothing in cluster, database and task hub. */
export function attacksOn(estateNow: () => TestEstate, rows: AttackRow[]): void {
  it.each(rows)("%s is answered with %i and changes nothing", async (_words, status, attack) => {
    const estate = estateNow();
    const before = await everything(estate);
    const response = await send(estate, await attack());
    const text = await response.text();
    expect([response.status, status === 401 ? response.headers.get("www-authenticate") : null]).toEqual([
      status,
      status === 401 ? (expect.stringMatching(/^Bearer/) as string) : null,
    ]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    // The answer contains no part of the credentials that were sent.
    expect(text).not.toMatch(/eyJ|[0-9a-f]{64}/);
    expect(await everything(estate)).toEqual(before);
  });
}
