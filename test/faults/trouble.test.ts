import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keycloakAdmin, startTestEstate, type TestEstate } from "../estate.ts";
import { subjectOf } from "../keycloak-person.ts";
import { account, startFakeGuacamole, type FakeGuacamole } from "../guacamole-rest.ts";
import { type HeldTime, holdTime } from "./held-time.ts";
import { createTroubles, type Linked, type Trouble, type Troubles } from "./trouble.ts";

/** The harness itself: what it breaks is broken for as long as it says, and works again after. */
let time: HeldTime;
let troubles: Troubles;
let estate: TestEstate;
let guacamole: FakeGuacamole;

beforeAll(async () => {
  time = holdTime();
  troubles = createTroubles(time.clock);
  guacamole = await startFakeGuacamole();
  estate = await startTestEstate(
    undefined,
    {
      KEYCLOAK_ADMIN_CLIENT: keycloakAdmin.id,
      KEYCLOAK_ADMIN_SECRET: keycloakAdmin.secret,
      GUACAMOLE_API_URLS: await troubles.linkToGuacamole(guacamole.url),
      GUACAMOLE_API_USERNAME: account.username,
      GUACAMOLE_API_PASSWORD: account.password,
    },
    time.clock,
    false,
    { linkTo: troubles.linkTo },
  );
  troubles.watch(estate);
});
afterAll(async () => {
  await troubles.end();
  await estate.close();
  await Promise.all([guacamole.close(), troubles.close()]);
  time.release();
});
afterEach(async () => {
  await troubles.end();
  await pass(120);
});

const pass = (seconds: number) => time.pass(estate, troubles, seconds);
const put = (workspace: string) => estate.callAsService("PUT", "/users/alice/desktop", { workspace });
const stop = () => estate.callAsService("DELETE", "/users/alice/desktop");
const state = async (id: string) => (await estate.callAsService("GET", `/operations/${id}`)).body.state;

describe("an outside system that is cut", () => {
  /** A call that needs the system: whether it could be answered, or what it could not find out. */
  const needs: Record<Linked, () => Promise<boolean>> = {
    cluster: async () => (await put("asthma-cohort")).status < 500,
    database: async () =>
      (await estate.callAsService<{ state: string }>("GET", "/users/alice/desktop")).body.state !== "unknown",
    "identity provider": async () => (await unanswered("reconcile")).length === 0,
    guacamole: async () => (await unanswered("reap")).length === 0,
  };
  const unanswered = async (run: string) =>
    (await estate.call<{ unanswered: string[] }>("olga", "POST", `/maintenance/${run}?dryRun=true`)).body.unanswered;

  it.each(Object.entries(needs))("%s is away for as long as it is said, and no longer", async (system, works) => {
    const { body } = await estate.callAsService("PUT", "/users/alice/desktop", {
      workspace: "asthma-cohort",
      subject: await subjectOf(estate, "alice"),
    });
    await pass(5);
    expect(await state(body.id)).toBe("done");
    expect(await works()).toBe(true);
    await troubles.begin({ with: system as Linked }, 20);
    expect(await works()).toBe(false);
    await pass(15);
    expect(await works()).toBe(false);
    await pass(5);
    expect(troubles.now).toEqual([]);
    expect(await works()).toBe(true);
  });

  it("database is waited for by a start, also while calls are refused without asking it", async () => {
    await stop();
    await pass(30);
    await troubles.begin({ with: "database" }, 90);
    const { body } = await put("asthma-cohort");
    // More than the circuit needs to open.
    const told = [];
    for (let n = 0; n < 10; n += 1)
      told.push((await estate.call("olga", "POST", "/maintenance/reconcile?dryRun=true")).status);
    expect(new Set(told)).toEqual(new Set([503]));
    await pass(60);
    expect(await state(body.id)).toBe("running");
    await pass(60);
    expect(await state(body.id)).toBe("done");
  });
});

describe("an activity", () => {
  it("fails before it runs for as long as it is said: the retries after that succeed", async () => {
    await stop();
    await pass(30);
    await troubles.begin({ with: "createParts", fails: "before it runs" }, 10);
    const { body } = await put("asthma-cohort");
    await pass(5);
    expect(await state(body.id)).toBe("running");
    await pass(20);
    expect(await state(body.id)).toBe("done");
  });

  it.each(["before it runs", "after it took effect"] as const)(
    "that fails %s for ever fails the work",
    async (fails) => {
      await stop();
      await pass(30);
      await troubles.begin({ with: "grantPermission", fails });
      estate.log.length = 0;
      const { body } = await put("asthma-cohort");
      await pass(60);
      expect(await state(body.id)).toBe("failed");
      const runs = estate.log.filter(
        ({ functionName, message }) => functionName === "grantPermission" && /^Execut/.test(message),
      );
      expect(runs.length > 0).toBe(fails === "after it took effect");
      estate.log.length = 0;
    },
  );

  it.each<Trouble>([{ with: /^create/, fails: "before it runs" }])("is also meant by %j", async (trouble) => {
    await stop();
    await pass(30);
    await troubles.begin(trouble, 10);
    const { body } = await put("asthma-cohort");
    await pass(5);
    expect(await state(body.id)).toBe("running");
    await pass(30);
    expect(await state(body.id)).toBe("done");
  });
});

describe("the task hub", () => {
  it("refuses what it is sent, and the wake timer sends it again when that is over", async () => {
    await stop();
    await pass(30);
    await troubles.begin({ with: "task hub" }, 20);
    expect((await put("asthma-cohort")).status).toBeGreaterThanOrEqual(500);
    await pass(60);
    expect((await put("asthma-cohort")).body.state).toBe("done");
  });
});

describe("the host", () => {
  it("dies at once, is away for as long as it is said, and the next one goes on with the work", async () => {
    await stop();
    await pass(30);
    const { body } = await put("asthma-cohort");
    await troubles.begin({ with: "host" }, 60);
    await expect(put("asthma-cohort")).rejects.toThrow("fetch failed");
    await pass(55);
    await expect(put("asthma-cohort")).rejects.toThrow("fetch failed");
    await pass(90);
    expect(await state(body.id)).toBe("done");
  });
});

describe("two troubles of the same thing", () => {
  it("are over with the longer one", async () => {
    await troubles.begin({ with: "database" }, 30);
    await troubles.begin({ with: "database" }, 10);
    await pass(20);
    expect(troubles.now).toEqual([{ with: "database" }]);
    await pass(10);
    expect(troubles.now).toEqual([]);
  });
});
