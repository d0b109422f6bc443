import { audit } from "./audit.ts";
import type { Estate } from "./estate-model.ts";
import { minute, second } from "./faults.ts";
import { culls, type CullerOptions } from "./idle-culler.ts";
import { defaultLimits, prepare } from "./simulate.ts";
import { restAnswers, type Sighting, type Sources } from "./survey-model.ts";
import type { Life } from "./truth.ts";

/** What the culler could take for activity, which renderReport explains. */
const readings = ["starts", "starts and ends", "traffic"] as const;
type Reading = (typeof readings)[number];
type Right = "our rule" | "the culler";

/** A way in which the rules differ, and in how many lives of desktops they did, by what the culler goes by. */
export interface Difference {
  what: string;
  /** Somebody was truly connected. */
  inUse: boolean;
  ours: "keeps" | "takes down";
  right: Right;
  desktops: Record<Reading, number>;
}

export interface Comparison {
  differences: Difference[];
  /** How many lives of desktops, and looks at them, were compared. */
  lives: number;
  looks: number;
  /** How many of them our rule took down while somebody was connected, but for the longest session. */
  cutOff: number;
}

const limits = defaultLimits();
const options: CullerOptions = {
  timeoutSeconds: limits.idleMinutes * 60,
  maxAgeSeconds: limits.longestSessionMinutes * 60,
};

/** Both rules over the same desktops, as they were seen at each run of the timer; ours is the one that acts. */
export function compareRules(runs: readonly (Sources & { historyEmptied?: boolean })[], desktops: number): Comparison {
  const found = new Map<string, Difference>();
  let lives = 0;
  let looks = 0;
  let cutOff = 0;
  for (const [index, sources] of runs.entries()) {
    const counted = new Set<string>();
    const activities = new Map<Life, Record<Reading, number>>();
    const simulation = prepare({ ...sources, seed: index + 1, desktops, watch });
    simulation.play(simulation.end);
    lives += activities.size;
    const { cutOff: findings, untellable } = audit(simulation);
    cutOff += findings.length + untellable;

    function watch(sighting: Sighting): void {
      const { desktop, decision, gathered } = sighting;
      const life = desktop.life as Life;
      looks += 1;
      const activity = activityOf(sighting, simulation.estate, activities.get(life));
      activities.set(life, activity);
      const pending = decision.rule === "working" ? "spawn" : null;
      const server = { pending, ready: desktop.ready, startedAt: life.startedAt };
      const stops = decision.action === "suspend";
      const inUse = life.sessions.size > 0;
      for (const reading of readings) {
        if (culls({ ...server, lastActivity: activity[reading] }, options, gathered.at.getTime()) === stops) continue;
        const { what, right } = tell(sighting, life, reading !== "traffic" || restAnswers(simulation.estate));
        const kind = [what, stops, inUse, right].join();
        const once = [kind, reading, life.username, life.startedAt].join();
        if (counted.has(once)) continue;
        counted.add(once);
        const none = { starts: 0, "starts and ends": 0, traffic: 0 };
        const difference = found.get(kind) ?? {
          what,
          inUse,
          ours: stops ? "takes down" : "keeps",
          right,
          desktops: none,
        };
        difference.desktops[reading] += 1;
        found.set(kind, difference);
      }
    }
  }
  const inOrder = ({ inUse, ours, what, right }: Difference) => [inUse ? 0 : 1, ours, what, right].join();
  const differences = [...found.values()].sort((one, other) => inOrder(one).localeCompare(inOrder(other)));
  return { differences, lives, looks, cutOff };
}

/** What a hub would know by now. What it heard last stays, where nothing answers; a server that starts is active. */
function activityOf(
  { desktop, history, gathered }: Sighting,
  estate: Estate,
  last?: Record<Reading, number>,
): Record<Reading, number> {
  const life = desktop.life as Life;
  const { starts, traffic, ...known } = last ?? {
    starts: life.startedAt,
    "starts and ends": life.startedAt,
    traffic: life.startedAt,
  };
  const start = gathered.sessions ? Date.parse(history.lastStart ?? "") || 0 : 0;
  const end = gathered.sessions ? Date.parse(history.lastEnd ?? "") || 0 : 0;
  const connected = life.sessions.size > 0 ? gathered.at.getTime() : (life.connectedUntil ?? 0);
  return {
    starts: Math.max(starts, start),
    "starts and ends": Math.max(known["starts and ends"], start, end),
    traffic: Math.max(traffic, restAnswers(estate) ? connected : 0),
  };
}

/** In which way the rules differ, and which of them was right by what was true. */
function tell({ decision, gathered }: Sighting, life: Life, heard: boolean): { what: string; right: Right } {
  const stops = decision.action === "suspend";
  const stopping: Right = stops ? "our rule" : "the culler";
  const keeping: Right = stops ? "the culler" : "our rule";
  const given = (life.visited ? limits.idleMinutes : limits.startGraceMinutes) * minute;
  const over = gathered.at.getTime() - life.usedUntil - given;
  const inUse = life.sessions.size > 0;
  const right = !inUse && over >= 0 ? stopping : keeping;
  const source = decision.evidence?.source;

  if (life.broken) return { what: "the container is not ready any more", right: stopping };
  if (gathered.unanswered.length > 0 || (!heard && !stops)) return { what: "a source of facts does not answer", right };
  if (decision.rule === "kept") return { what: "an administrator keeps it", right: keeping };
  if (decision.rule === "reaping-paused") return { what: "an administrator has paused reaping", right: keeping };
  if (life.emptied && (stops || decision.rule === "unknown")) return { what: "the history was emptied", right };
  if (inUse) return { what: "connected for longer than the time-out", right };
  if (decision.rule === "in-use" || source === "Guacamole")
    return { what: "a row was left open by a crash or an outage", right };
  if (decision.rule === "start-grace" && stops) return { what: "nobody came since it was started", right };
  if (Math.abs(over) <= 2 * minute + second && stops !== over >= 0)
    return { what: `Guacamole's clock is ${stops ? "behind" : "ahead"}`, right };
  if (source === "request") return { what: "its person asked for it again", right };
  return { what: stops ? "nobody is connected" : "the last session ended not long ago", right };
}

/** The comparison as a page. */
export function renderReport({ differences, lives, looks, cutOff }: Comparison): string {
  const cutByCuller = (reading: Reading) =>
    differences
      .filter(({ inUse, ours }) => inUse && ours === "keeps")
      .reduce((sum, { desktops }) => sum + desktops[reading], 0);
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const table = [
    line(["What is special", "Somebody connected", "Our rule", ...readings, "Right was"]),
    line(["---", "---", "---", ...readings.map(() => "--:"), "---"]),
    ...differences.map(({ what, inUse, ours, desktops, right }) =>
      line([what, inUse ? "yes" : "no", ours, ...readings.map((reading) => desktops[reading] || "–"), right]),
    ),
  ];
  return `# Our rule and jupyterhub-idle-culler's, side by side

\`test/simulation/side-by-side.test.ts\` writes this page, and fails where it does not hold any more. Both rules decide about
the same simulated desktops at the same ${looks} looks, in ${lives} lives of desktops, with the same limits
(${options.timeoutSeconds / 60} minutes idle, ${options.maxAgeSeconds / 3_600} hours at the longest). Our rule is the one that acts. The table has each way in which
they differ: in how many lives the culler decided otherwise, by what it takes for activity, and who was right by what was true.

- **starts**: the newest start of a session, which is what Guacamole's own API shows as \`lastActive\`.
- **starts and ends**: the newest start or end of a session in its history.
- **traffic**: as kind to the culler as can be: somebody reports each connection for as long as it lasts, as JupyterHub's proxy
  does for notebooks, and is away when Guacamole is. Nothing in front of Guacamole does that.

A hub goes on with what it heard last where nobody answers, which is what the culler then decides by. Where the culler was right,
nobody was connected: our rule let a desktop run on in doubt, went by Guacamole's clock, or had forgotten a visit with the
history that somebody emptied.

Taken down while somebody was connected: by our rule ${cutOff}; by the culler ${readings.map((reading) => `${cutByCuller(reading)} by ${reading}`).join(", ")}.

${table.join("\n")}
`;
}
