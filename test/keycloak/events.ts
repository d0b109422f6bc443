import { type Recorder, startRecorder } from "@stand-in/identity/contract";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { meanings } from "../../shared/identity/keycloak-meanings.ts";
import type { Notice } from "../../shared/person/notice.ts";
import { startTestEstate, type TestEstate, webhookSecret } from "../estate.ts";
import { presenceOf } from "../keycloak-person.ts";
import { noticeWords } from "../keycloak-calls/notice-words.ts";
import { adminApi } from "./admin-api.ts";
import { chooseDesktop } from "./choose-desktop.ts";
import { provocations, setStage, type Stage } from "./provocations.ts";
import { createRealm, type TestRealm } from "./realm.ts";

const signature = "x-keycloak-signature";
/** Keycloak looks for expired sessions every three minutes. */
const expiryMilliseconds = 400_000;

/** Every event that means something to the product, provoked in Keycloak, and passed on to the product byte for byte. */
export function describeEvents(keycloak: () => RealKeycloak, { events, major }: Distribution): void {
  let stage: Stage;
  let expiring: { realm: TestRealm; estate: TestEstate; sessionId: unknown; subject: string };
  let estates: TestEstate[];
  let recorder: Recorder;
  const notices: Notice[] = [];

  async function startEstate(realm: TestRealm, path: string): Promise<TestEstate> {
    const estate = await startTestEstate(undefined, { OIDC_ISSUER: realm.issuer });
    estate.faults.beforeActivity = ({ name, input }) => {
      if (name === "findPeople") notices.push(input as Notice);
    };
    const webhook = {
      url: recorder.url + path,
      signedBy: { secret: webhookSecret },
      eventTypes: Object.keys(meanings),
    };
    await realm.tell({
      backchannelLogout: `${recorder.url}/logout`,
      ...(events !== undefined && { webhook }),
    });
    return estate;
  }
  /** The product's answer to what Keycloak sent, and what it understood. */
  async function passOn(
    estate: TestEstate | undefined,
    sent: { headers: Recorder["calls"][0]["headers"]; body: string },
  ) {
    const headers = { "content-type": "application/json", [signature]: sent.headers[signature] ?? "" };
    notices.length = 0;
    const answer = await fetch(`${estate?.host.url ?? ""}/api/keycloak/events`, {
      method: "POST",
      headers,
      body: sent.body,
    });
    await estate?.host.whenIdle();
    const { status } = (await answer.json()) as { status: string };
    return { code: answer.status, status, words: notices.map(noticeWords).join(" ") };
  }

  beforeAll(async () => {
    recorder = await startRecorder();
    const [realm, short] = [await createRealm(keycloak()), await createRealm(keycloak())];
    const idOf = (username: string) => subjectIn(realm, username);
    const ids = {
      alice: await idOf("alice"),
      bob: await idOf("bob"),
      carol: await idOf("carol"),
      dan: await idOf("dan"),
    };
    stage = { realm, ids, admin: adminApi(realm) };
    await setStage(stage);
    const shortEstate = await startEstate(short, "/expiry");
    estates = [await startEstate(realm, "/events"), shortEstate];
    const { idToken } = await chooseDesktop(short, shortEstate, "bob", "cancer-registry", ["/registry/readers"]);
    const { sid, sub = "" } = decodeJwt(idToken);
    expiring = { realm: short, estate: shortEstate, sessionId: sid, subject: sub };
    await adminApi(short)("PUT", "", { ssoSessionIdleTimeout: 1, ssoSessionMaxLifespan: 1 });
  });
  afterAll(async () => {
    await Promise.all([...estates.map((estate) => estate.close()), recorder.close()]);
    await Promise.all([stage.realm.remove(), expiring.realm.remove()]);
  });

  it.skipIf(events === undefined).each(Object.entries(provocations))("%s", async (_name, provocation) => {
    const { act, type, understood, on25 } = provocation;
    const before = recorder.calls.length;
    const session = await act(stage);
    const isNew = (call: Recorder["calls"][0]) => recorder.calls.indexOf(call) >= before && call.path === "/events";
    const sent = await recorder.call(
      (call) => isNew(call) && (JSON.parse(call.body) as { type: string }).type === type,
    );
    const { code, status, words } = await passOn(estates[0], sent);
    const named = Object.entries(stage.ids).reduce((text, [name, id]) => text.replaceAll(id.slice(0, 8), name), words);
    const told = named.replace(/session (\S+)$/, (_all, id) =>
      id === session ? "session of the person" : "session that nobody had",
    );
    const expected = major < 26 ? (on25 ?? understood) : understood;
    expect([code, status === "ignored" ? status : told, sent.body]).toEqual([202, expected, sent.body]);
  });

  it.skipIf(events === undefined)("every event that means something was provoked", () => {
    const provoked = new Set(Object.values(provocations).map(({ type }) => type));
    expect(Object.keys(meanings).filter((type) => !provoked.has(type))).toEqual(["access.USER_SESSION_DELETED"]);
  });

  it.skipIf(events === undefined || major < 26)(
    "a session that expired, of which Keycloak 25 says nothing; the leave begins",
    async () => {
      const sent = await recorder.call(({ path, body }) => path === "/expiry" && body.includes("USER_SESSION_DELETED"));
      expect(await passOn(expiring.estate, sent)).toEqual({
        code: 202,
        status: "accepted",
        words: `${expiring.subject.slice(0, 8)}=bob: left session ${String(expiring.sessionId)}`,
      });
      expect((await presenceOf(expiring.estate, "bob"))?.leaving).toBeDefined();
    },
    expiryMilliseconds,
  );
}

async function subjectIn(realm: TestRealm, username: string): Promise<string> {
  const { users } = await realm.administrator();
  const [person] = await users.find({ username, exact: true });
  return person?.id ?? "";
}
