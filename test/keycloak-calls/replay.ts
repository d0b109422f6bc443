import { readdir, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Notice } from "../../shared/person/notice.ts";
import { startTestEstate, type TestEstate } from "../estate.ts";
import { exchange, jsonIn, lastStatus } from "../raw-http.ts";
import { noticeWords } from "./notice-words.ts";
import { understanding } from "./understanding.ts";

/** A call as it was recorded; README.md in this folder says where and how. */
interface Recorded {
  headers: [string, string][];
  rawBody: string | null;
  token: { claims: Record<string, unknown> & { iat: number } } | null;
}

const folder = new URL(".", import.meta.url);
const events = "guacamole-workspaces-events";

/** The settings with which the product accepts the recorded webhooks of each mode. */
const settingsOf = {
  hmac: { KEYCLOAK_WEBHOOK_SECRET: "hmac-secret-0123456789" },
  bearer: { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: events },
};

/**
 * Sends the recorded calls of this mode to the product a second after each was made, byte for byte except for tokens,
 * which are signed again. Tests what is answered, and what the product understands.
 */
export async function describeRecorded(mode: keyof typeof settingsOf): Promise<void> {
  const isOfMode = (name: string) => name.includes(`-${mode}-`);
  const names = (await readdir(folder)).filter((name) => isOfMode(name) && name.endsWith(".json"));
  const recordings = await Promise.all(
    names.map(async (name) => [name, JSON.parse(await readFile(new URL(name, folder), "utf8")) as Recorded] as const),
  );

  describe(`calls from Keycloak with the webhook in mode ${mode}`, () => {
    let estate: TestEstate;
    const notices: Notice[] = [];
    beforeAll(async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      estate = await startTestEstate(undefined, settingsOf[mode]);
      estate.faults.beforeActivity = ({ name, input }) => {
        if (name === "findPeople") notices.push(input as Notice);
      };
    });
    afterAll(async () => {
      vi.useRealTimers();
      await estate.close();
    });

    it("are all in the table", () => {
      const listed = Object.keys(understanding).filter((name) => isOfMode(name));
      expect(listed.sort()).toEqual(names.map((name) => name.replace(".json", "")).sort());
    });

    it.each(recordings)("have a Content-Length, and mean what the table says: %s", async (name, recorded) => {
      const headerNames = recorded.headers.map(([header]) => header.toLowerCase());
      expect(headerNames).toContain("content-length");
      expect(headerNames).not.toContain("transfer-encoding");
      vi.setSystemTime(madeAt(recorded) + 1_000);
      const isLogout = name.includes("backchannel-logout");
      notices.length = 0;
      const answer = await exchange(estate.host.port, await messageOf(estate, recorded, isLogout));
      await estate.host.whenIdle();
      const { status, reason } = (isLogout ? {} : jsonIn(answer)) as { status?: string; reason?: string };
      const told = [lastStatus(answer), status, reason, ...notices.map(noticeWords)];
      const words = told.filter((word) => word !== undefined).join(" ");
      expect([words, answer]).toEqual([understanding[name.replace(".json", "")], answer]);
    });
  });
}

function madeAt({ rawBody, token }: Recorded): number {
  return rawBody === null ? (token?.claims.iat ?? 0) * 1_000 : (JSON.parse(rawBody) as { time: number }).time;
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

/** Signs the same claims with the keys of this estate's realm. */
function resign({ identity }: TestEstate, claims: Record<string, unknown>, isLogout: boolean): Promise<string> {
  const own = { azp: undefined, realm_access: undefined, preferred_username: undefined };
  return identity.signToken(
    { ...own, ...(isLogout ? {} : { typ: undefined, sub: undefined }), ...claims, iss: identity.issuer },
    isLogout ? { typ: "logout+jwt" } : {},
  );
}
