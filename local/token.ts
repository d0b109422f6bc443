import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { sampleUsers } from "./sample-estate.ts";

/** What a running start leaves for the other commands. */
export interface Running {
  api: string;
  issuer: string;
}

/** Reads what a running start left in this folder. Throws if nothing is running. */
export async function readRunning(state: string): Promise<Running> {
  try {
    return JSON.parse(await readFile(join(state, "running.json"), "utf8")) as Running;
  } catch {
    throw new Error("nothing is running here (run npm start in another terminal first)");
  }
}

/** A sample person's access token from the local identity provider. */
export async function sampleToken(issuer: string, username: string): Promise<string> {
  const user = sampleUsers.find((candidate) => candidate.username === username);
  if (!user)
    throw new Error(
      `get a token: there is no sample person ${username} (choose one of ${sampleUsers.map((each) => each.username).join(", ")})`,
    );
  const response = await fetch(`${issuer}/protocol/openid-connect/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "password",
      client_id: "guacamole-workspaces-cli",
      username,
      password: user.password,
    }),
  });
  const body = (await response.json()) as { access_token?: string; error?: string };
  if (body.access_token === undefined) throw new Error(`get a token: ${body.error ?? `status ${response.status}`}`);
  return body.access_token;
}
