import { decodeJwt } from "jose";
import { expect } from "vitest";
import type { TestEstate } from "../estate.ts";
import type { SignedIn, TestRealm } from "./realm.ts";
import { tryAgain } from "./try-again.ts";

/**
 * Logs a person in to Guacamole, chooses a workspace as the login flow does in that session, and waits until the desktop
 * is ready.
 */
export async function chooseDesktop(
  realm: TestRealm,
  { host }: TestEstate,
  username: string,
  workspace: string,
  groups: readonly string[],
): Promise<SignedIn> {
  const signedIn = await tryAgain(() => realm.signIn(username));
  const { sub: subject, sid: session } = decodeJwt(signedIn.idToken);
  const { id, secret } = realm.service;
  const form = { grant_type: "client_credentials", client_id: id, client_secret: secret };
  const { access_token: token = "" } = await realm.token(form);
  const address = `${host.url}/api/users/${username}/desktop`;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ workspace, claims: { groups }, subject, session });
  const asked = await fetch(address, { method: "PUT", headers, body });
  expect([asked.status, await asked.json()]).toMatchObject([expect.toBeOneOf([200, 202]), {}]);
  await host.whenIdle();
  expect(await (await fetch(address, { headers })).json()).toMatchObject({ state: "ready" });
  return signedIn;
}
