import { expect } from "vitest";
import type { TestRealm } from "./realm.ts";

/** Calls the product at `url` with a token of the person's own, and returns the status. Throws if the product refuses. */
export async function callAs(
  { realm, url }: { realm: TestRealm; url: string },
  username: string,
  method: string,
  path: string,
  body?: object,
): Promise<number> {
  const client = { client_id: "guacamole-workspaces-cli", grant_type: "password" };
  const { access_token: token = "" } = await realm.token({ ...client, username, password: username });
  const response = await fetch(`${url}/api${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { "content-type": "application/json" }) },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect([path, response.ok, await response.text()]).toEqual([path, true, expect.any(String)]);
  return response.status;
}
