import { setTimeout as pause } from "node:timers/promises";
import { nameDesktop } from "../../shared/desktop/names.ts";
import { sampleRules } from "../sample-plan.ts";
import { median } from "./median.ts";
import { openWorkspaces } from "./morning-cluster.ts";
import type { Visit } from "./morning-people.ts";
import type { Subject, Wish } from "./subjects.ts";

/** What something took, for one person or call: of several runs, the medians. */
export interface Figures {
  requests: number;
  roundTrips: number;
  /** In milliseconds. */
  cpu: number;
  /** What else there is to say. */
  note?: string;
}

export type DesktopCase = "new desktop" | "the same again" | "switch" | "60 s container" | "200 at once" | "60 s alone";

const namespace = "guacamole";
/** Code gets fast with the first people; those after them are measured. */
const [warmUps, measuredPeople] = [8, 12];
const stormPeople = 200;
const slowSeconds = 60;
const workspaces = Array.from({ length: 40 }, (_, index) => `study-${index + 1}`);
const studyOf = (index: number) => workspaces[index % workspaces.length] ?? "";
/** What a process does after it has answered belongs to the answer. */
const settleMilliseconds = 300;

/** Measures these cases on one subject. */
export async function measureDesktops(
  subject: Subject,
  wanted: (name: DesktopCase) => boolean,
): Promise<Map<DesktopCase, Figures>> {
  const found = new Map<DesktopCase, Figures>();
  const people = Array.from({ length: warmUps + measuredPeople }, (_, index) => `person-${index}`);
  const crowd = Array.from({ length: stormPeople }, (_, index) => ({
    username: `crowd-${index}`,
    workspace: studyOf(index),
  }));
  const bound = people.flatMap((username) => [studyOf(0), studyOf(1)].map((workspace) => ({ username, workspace })));
  const arrivals = [...bound, ...crowd, { username: "patient", workspace: studyOf(0) }];
  await openWorkspaces(
    subject.systems.kubeconfig,
    workspaces,
    arrivals.map((each) => ({ ...each, atMilliseconds: 0 })),
  );

  const each: Record<Wish["kind"], Figures[]> = { new: [], repeat: [], switch: [] };
  const [first, second] = [studyOf(0), studyOf(1)];
  for (const username of people) {
    const wishes: Wish[] = [
      { kind: "new", username, workspace: first },
      { kind: "repeat", username, workspace: first },
      { kind: "switch", username, workspace: second, before: first },
    ];
    for (const wish of wishes) each[wish.kind].push(await measure(subject, () => subject.fulfil(wish)));
  }
  const names = { new: "new desktop", repeat: "the same again", switch: "switch" } as const;
  for (const kind of ["new", "repeat", "switch"] as const)
    if (wanted(names[kind])) found.set(names[kind], medians(each[kind].slice(warmUps)));

  if (wanted("60 s alone")) found.set("60 s alone", await measure(subject, () => pause(slowSeconds * 1_000)));
  if (wanted("60 s container"))
    found.set("60 s container", await measure(subject, () => bringUpSlowly(subject, "patient", first)));
  if (wanted("200 at once")) {
    let visits: Visit[] = [];
    const wishes = crowd.map((person): Wish => ({ kind: "new", ...person }));
    const all = await measure(subject, async () => (visits = await subject.fulfilAll(wishes)));
    found.set("200 at once", { ...shareOf(all, stormPeople), ...(visits.length > 0 && { note: told(visits) }) });
  }
  return found;
}

async function measure({ systems, cpu }: Subject, work: () => Promise<unknown>): Promise<Figures> {
  systems.counted.calls.length = 0;
  systems.exchanges.clear();
  const before = await cpu();
  await work();
  await pause(settleMilliseconds);
  return {
    cpu: (await cpu()) - before,
    requests: systems.counted.calls.length,
    roundTrips: systems.exchanges.count(),
  };
}

/** The container is held up, and nothing else. */
async function bringUpSlowly(subject: Subject, username: string, workspace: string): Promise<void> {
  const { cluster } = subject.systems;
  const { deployment } = nameDesktop({ workspace, username }, sampleRules);
  cluster.setFault({ namespace, deployment }, "never-ready");
  const ready = subject.fulfil({ kind: "new", username, workspace });
  await pause(slowSeconds * 1_000);
  cluster.setFault({ namespace, deployment }, null);
  await ready;
}

function shareOf({ requests, roundTrips, cpu }: Figures, people: number): Figures {
  return { requests: requests / people, roundTrips: roundTrips / people, cpu: cpu / people };
}

function told(visits: readonly Visit[]): string {
  const times = visits.map(({ putMilliseconds }) => putMilliseconds).sort((one, other) => one - other);
  const p95 = times[Math.floor(times.length * 0.95)] ?? NaN;
  const ready = visits.filter(({ end }) => end === "done").length;
  const refused = visits.reduce((sum, { refusals }) => sum + refusals.length, 0);
  return `${ready} ready, ${refused} refusals, p95 of PUT ${(p95 / 1_000).toFixed(2)} s`;
}

function medians(runs: readonly Figures[]): Figures {
  const of = (figure: (run: Figures) => number) => median(runs.map(figure));
  return {
    requests: of(({ requests }) => requests),
    roundTrips: of(({ roundTrips }) => roundTrips),
    cpu: of(({ cpu }) => cpu),
  };
}
