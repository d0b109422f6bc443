import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { exchange, lastStatus } from "../raw-http.ts";

/** A call as it was recorded; README.md in this folder says where and how. */
interface Recorded {
  headers: [string, string][];
  rawBody: string | null;
  token: { claims: Record<string, unknown> } | null;
}

const folder = new URL(".", import.meta.url);
const events = "guacamole-workspaces-events";

/** The settings with which the product accepts the recorded webhooks of each mode. */
const settingsOf = {
  hmac: { KEYCLOAK_WEBHOOK_SECRET: "hmac-secret-0123456789" },
  bearer: { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: events },
};

/**
 * Tests that the product accepts the recorded calls of this mode, byte for byte except for tokens, which are signed
 * again.
 */
export async function describeRecorded(mode: keyof typeof settingsOf): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.includes(`-${mode}-`) && name.endsWith(".json"));
  const recordings = await Promise.all(
    names.map(async (name) => [name, JSON.parse(await readFile(new URL(name, folder), "utf8")) as Recorded] as const),
  );

  describe(`calls from Keycloak with the webhook in mode ${mode}`, () => {
    let estate: TestEstate;
    beforeAll(async () => {
      estate = await startTestEstate(undefined, settingsOf[mode]);
    });
    afterAll(() => estate.close());

    it.each(recordings)("have a Content-Length and are accepted: %s", async (name, recorded) => {
      const headerNames = recorded.headers.map(([header]) => header.toLowerCase());
      expect(headerNames).toContain("content-length");
      expect(headerNames).not.toContain("transfer-encoding");
      const isLogout = name.includes("backchannel-logout");
      const answer = await exchange(estate.host.port, await messageOf(estate, recorded, isLogout));
      expect([lastStatus(answer), answer]).toEqual([isLogout ? 200 : 202, answer]);
    });
  });
}

async function messageOf(estate: TestEstate, { headers, rawBody, token }: Recorded, isLogout: boolean) {
  const resigned = token ? await resign(estate, token.claims, isLogout) : "";
  const body = isLogout ? new URLSearchParams({ logout_token: resigned }).toString() : (rawBody ?? "");
  const sent = headers.flatMap(([header, value]) => {
    switch (header.toLowerCase()) {
      case "connection":
        return [`${header}: close`];
      case "content-length":
        return [`${header}: ${Buffer.byteLength(body)}`];
      case "authorization":
        return [`${header}: Bearer ${resigned}`];
      default:
        return [`${header}: ${value}`];
    }
  });
  const path = isLogout ? "backchannel-logout" : "events";
  return [`POST /api/keycloak/${path} HTTP/1.1`, ...sent, "", body].join("\r\n");
}

/** Signs the same claims with this estate's realm, issued now. */
function resign({ identity }: TestEstate, claims: Record<string, unknown>, isLogout: boolean): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const own = { azp: undefined, realm_access: undefined, preferred_username: undefined };
  return identity.signToken(
    {
      ...own,
      ...(isLogout ? {} : { typ: undefined, sub: undefined }),
      ...claims,
      iss: identity.issuer,
      iat: now,
      exp: now + 60,
    },
    isLogout ? { typ: "logout+jwt" } : {},
  );
}
