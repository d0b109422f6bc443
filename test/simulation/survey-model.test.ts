import { expect, it } from "vitest";
import { summarize } from "../../functions/activities/reaping.ts";
import { type Surveyed, surveyDesktops } from "../../functions/gather/survey.ts";
import { personId } from "../../shared/desktop/names.ts";
import { minute } from "./faults.ts";
import { prepare, type Simulation } from "./simulate.ts";
import { activeIn, historyOf, known, pausedBy, restAnswers, unread } from "./survey-model.ts";
import { iso, workspace } from "./truth.ts";

it.each([
  { instancesKnown: true, restAsked: true, historyEmptied: true },
  { instancesKnown: false, restAsked: false },
])("decides as the product's own survey does, at whatever time: %o", async (sources) => {
  const simulation = prepare({ ...sources, seed: 21, desktops: 40, days: 7, probesFail: true });
  const { estate, survey } = simulation;
  const rules = new Set<string>();
  for (let at = simulation.start; at < simulation.end; at += 17 * minute + 777) {
    simulation.play(at);
    const surveyed = await surveyDesktops(servicesOf(simulation));
    const look = survey.look();
    const decisions = [...estate.running].map((desktop) => survey.decide(desktop, look));
    expect(decisions).toEqual(surveyed.desktops.map(({ decision }) => decision));
    expect(survey.survey()).toEqual(summarize(surveyed));
    for (const { rule } of decisions) rules.add(rule);
  }
  const usual = ["working", "reaping-paused", "kept", "unknown", "in-use", "start-grace", "idle"];
  expect([...rules]).toEqual(expect.arrayContaining(usual));
});

/** The model's estate, as the product asks for it. Desktops that do not run are left out: nothing is decided about them. */
function servicesOf({ estate, configuration }: Simulation): Surveyed {
  const { desktops, guacamole, isAway } = estate;
  const running = [...estate.running];
  const numberOf = ({ username }: { username: string }) =>
    desktops.findIndex((desktop) => desktop.username === username);
  const answer = <T>(source: keyof typeof unread, up: boolean, given: T): Promise<T> =>
    up ? Promise.resolve(given) : Promise.reject(new Error(unread[source]));

  const dates = { availableFrom: "2020-01-01", expires: "2030-01-01" };
  const bindings = desktops.map(({ username }) => ({ name: username, username, workspace, claims: [], ...dates }));
  const deployed = running.map((desktop) => ({
    ...known(desktop),
    replicas: 1,
    side: { replicas: 1, ready: desktop.ready ? 1 : 0, ports: [], ownPassword: false },
    startedAt: desktop.life?.started ?? null,
    startNoted: true,
    ours: true,
  }));
  const histories = running.map((desktop) => ({
    ...known(desktop),
    connectionId: numberOf(desktop),
    history: historyOf(desktop),
  }));
  const active = () => answer("active", restAnswers(estate), new Set([...activeIn(estate)].map(numberOf)));
  const since = guacamole.oldestStarts.at(-1)?.since ?? null;

  const services = {
    settings: { TIME_ZONE: "UTC", desktopDefaults: { image: "desktop" } },
    now: () => new Date(estate.timeline.now()),
    policies: {},
    workspaces: {
      known: () =>
        answer("bindings", !isAway("bindings"), {
          workspaces: [{ name: workspace, ...dates }],
          bindings,
          unreadable: { workspaces: [], bindings: [] },
        }),
    },
    maintenance: { read: () => answer("switch", !isAway("switch"), isAway("paused") ? { reaping: pausedBy } : {}) },
    records: {
      all: () => Promise.resolve({ records: desktops.flatMap(({ record }) => record ?? []), damaged: [] }),
      read: (id: string) => Promise.resolve(desktops.find(({ username }) => personId(username) === id)?.record ?? null),
    },
    desktops: { all: () => Promise.resolve(deployed) },
    guacamole: { sessions: () => answer("history", estate.databaseAnswers(), histories) },
    activeConnections: configuration.restAsked ? { now: active } : undefined,
    guacamoleInstances: configuration.instancesKnown
      ? { oldestStart: () => Promise.resolve(since === null ? null : iso(since)) }
      : undefined,
  };
  return services as unknown as Surveyed;
}
