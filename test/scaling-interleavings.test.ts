import fc from "fast-check";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { openWorkspace } from "./bound-people.ts";
import { namespace, startTestEstate, type TestEstate } from "./estate.ts";
import { subjectOf, tellLogin } from "./keycloak-person.ts";
import { olderExtension } from "./older-extension.ts";
import { scaledWorld } from "./scaled-world.ts";

/**
 * The older extension's patches, the timers and reported logins in any order. The patches of one login come within
 * seconds, the runs of a timer half a minute apart, and each login is reported at its end.
 */
let estate: TestEstate;
let world: ReturnType<typeof scaledWorld>;
let extension: ReturnType<typeof olderExtension>;
let subject: string;
const [asthma, registry] = ["asthma-cohort", "cancer-registry"] as const;
/** Workspaces in which nobody may have a desktop: one before the others in the extension's list, one after them. */
const refused: readonly string[] = ["aaa-not-bound-any-more", "flu-season-2023"];
const all = [asthma, registry, ...refused];

beforeAll(async () => {
  vi.useFakeTimers({ toFake: ["Date"], shouldAdvanceTime: true });
  estate = await startTestEstate();
  world = scaledWorld(estate);
  extension = olderExtension(estate.kubeconfig, namespace);
  subject = await subjectOf(estate, "alice");
  const [first = ""] = refused;
  await openWorkspace(estate, first);
  await world.bind(`${first}-alice`, "alice", first, { expires: "2024-12-31" });
});
afterAll(async () => {
  await estate.close();
  vi.useRealTimers();
});

const opened = async () => {
  const { rows } = await estate.world();
  const entities = rows.flatMap((row) => /^may open (.*@alice) /.exec(row)?.[1] ?? []);
  return entities.map((entity) => entity.split("@")[0]);
};

const during = ["nothing", "a login", "reap", "a login while the next patch is written"] as const;
type During = (typeof during)[number];
interface Choice {
  workspace: string;
  /** What happens before each patch; the timer that follows scalings runs at most once in a login. */
  steps: During[];
  timerBefore: number;
}

const choices = fc.record({
  workspace: fc.constantFrom(...all),
  steps: fc.array(fc.constantFrom(...during), { minLength: 8, maxLength: 8 }),
  timerBefore: fc.nat({ max: 9 }),
});

async function happen(what: During | "the timer", nextPatch: () => Promise<unknown>): Promise<void> {
  if (what === "the timer") await estate.host.trigger("followScaling");
  if (what === "reap") await estate.host.trigger("reapTimer");
  if (what === "a login") await tellLogin(estate, "alice", subject);
  if (what === "a login while the next patch is written")
    await Promise.all([tellLogin(estate, "alice", subject), nextPatch()]);
  await estate.host.whenIdle();
  if (what !== "nothing") expect(await opened()).toHaveLength(1);
}

async function logIn({ workspace, steps, timerBefore }: Choice): Promise<void> {
  const login = extension.choose(`${workspace}:${workspace}-alice`, "alice");
  for (let patch = 0; !(await login.next()).done; patch += 1) {
    if (patch === timerBefore) await happen("the timer", () => login.next());
    await happen(steps[patch] ?? "nothing", () => login.next());
  }
  await happen("a login", () => login.next());
}

it("end with exactly the desktop of the last valid choice, and without a moment with none", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(asthma, registry),
      fc.array(choices, { minLength: 1, maxLength: 2 }),
      async (works, chosen) => {
        expect(await estate.ask("alice", works)).toMatchObject({ state: "done" });
        for (const choice of chosen) await logIn(choice);
        for (let run = 0; run < 3; run += 1) {
          vi.setSystemTime(Date.now() + 30_000);
          await happen("the timer", () => Promise.resolve());
          await happen("reap", () => Promise.resolve());
        }
        const valid = chosen.map(({ workspace }) => workspace).filter((workspace) => !refused.includes(workspace));
        const last = valid.at(-1) ?? works;
        expect(await opened()).toEqual([last]);
        const scales = await Promise.all(all.map(async (each) => (await world.scaleOf(`${each}-alice`))[0]));
        expect(scales).toEqual(all.map((each) => (each === last ? 1 : 0)));
      },
    ),
    { numRuns: Number(process.env["INTERLEAVINGS"] ?? 6), endOnFailure: true },
  );
}, 600_000);
