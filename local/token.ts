import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleUsers } from "./sample-estate.ts";

/** What a running start leaves for the other commands. */
export interface Running {
  api: string;
  issuer: string;
  /** The client whose token is used, if the people of the identity provider are not the sample people. */
  client?: { id: string; secretFile: string };
  /** The client that plays the realm's administrator, if the identity provider was started here. */
  administrator?: { id: string; secretFile: string };
}

/** Reads what a running start left in this folder. Throws if nothing is running. */
export async function readRunning(state: string): Promise<Running> {
  try {
    return JSON.parse(await readFile(join(state, "running.json"), "utf8")) as Running;
  } catch {
    throw new Error("nothing is running here (run npm start in another terminal first)");
  }
}

/** A sample person's access token from an identity provider that was started here. */
export async function sampleToken(issuer: string, username: string): Promise<string> {
  const user = sampleUsers.find((candidate) => candidate.username === username);
  if (!user)
    throw new Error(
      `get a token: there is no sample person ${username} (choose one of ${sampleUsers.map((each) => each.username).join(", ")})`,
    );
  const form = { grant_type: "password", client_id: "guacamole-workspaces-cli", username, password: user.password };
  return askForToken(issuer, form, username);
}

/** The access token of a client with a service account. */
export function clientToken(issuer: string, client: { id: string; secret: string }): Promise<string> {
  const form = { grant_type: "client_credentials", client_id: client.id, client_secret: client.secret };
  return askForToken(issuer, form, `client ${client.id}`);
}

async function askForToken(issuer: string, form: Record<string, string>, whose: string): Promise<string> {
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams(form),
    redirect: "error", // the secret is for this address only
  });
  const body = (await response.json().catch(() => ({}))) as Partial<
    Record<"access_token" | "error" | "error_description", string>
  >;
  if (body.access_token !== undefined) return body.access_token;
  const reason = [body.error, body.error_description].filter((each) => each !== undefined).join(": ");
  throw new Error(`get a token of ${whose}: the identity provider answered ${response.status} ${reason}`.trimEnd());
}
