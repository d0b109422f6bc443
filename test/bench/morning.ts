/**
 * `npm run bench:morning [-- --only 200]`: 200 and 2,000 people of 40 workspaces log in on one morning, and 200 with
 * faults in between. Starts the product as `npm start` does, in its own process; the cluster is in this one. Exits with 1
 * if somebody gets no desktop or two, is answered 503 without a fault, or overtakes others; if more desktops start at once
 * than STARTS_AT_ONCE; or if, in two of three mornings of 200, PUT takes a second or the told times are far off.
 * docs/performance.md has figures.
 */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { setTimeout as pause } from "node:timers/promises";
import { type FreshProduct, onFreshProduct } from "./fresh-product.ts";
import { countDesktops, openWorkspaces, watchStarts } from "./morning-cluster.ts";
import { type Arrival, type Visit, visit } from "./morning-people.ts";
import { median } from "./median.ts";
import { judge, type Morning, percent, slowPut, tell, wrongTimes } from "./morning-report.ts";

const { values } = parseArgs({ options: { only: { type: "string" }, product: { type: "string", default: "." } } });

interface Plan {
  people: number;
  /** Everybody asks within this time. */
  withinSeconds: number;
  startsAtOnce: number;
  /** How long it takes until a container is ready, in milliseconds. */
  readyAfterMs: number;
  faults?: boolean;
  /**
   * How many mornings are measured: other work on the cores can slow down one of them. The 95th percentile of PUT is judged
   * only if there are several.
   */
  mornings?: number;
}

/** In milliseconds. */
const slowestPut = 1_000;
/** A share of the time that it took. */
const mostWrong = 0.5;

const workspaces = Array.from({ length: 40 }, (_, index) => `study-${index + 1}`);
const plans: Readonly<Record<string, Plan>> = {
  "200": { people: 200, withinSeconds: 0, startsAtOnce: 32, readyAfterMs: 1_500, mornings: 3 },
  "2000": { people: 2_000, withinSeconds: 300, startsAtOnce: 64, readyAfterMs: 12_000 },
  "200-faults": { people: 200, withinSeconds: 0, startsAtOnce: 32, readyAfterMs: 1_500, faults: true },
};
/** On a node that has the image. */
const podDelays = { scheduledAfterMs: 50, runningAfterMs: 600, goneAfterMs: 100 };

const tooManyRequests = {
  kind: "Status",
  apiVersion: "v1",
  metadata: {},
  status: "Failure",
  message: "Too many requests, please try again later.",
  reason: "TooManyRequests",
  code: 429,
};

const verdicts: boolean[] = [];
for (const [name, plan] of Object.entries(plans)) {
  if (values.only !== undefined && values.only !== name) continue;
  const settings = {
    STARTS_AT_ONCE: String(plan.startsAtOnce),
    PERSON_CHANGES_PER_MINUTE: "1000",
  };
  const slow: number[] = [];
  const wrong: number[] = [];
  for (let morning = 0; morning < (plan.mornings ?? 1); morning += 1)
    await onFreshProduct(
      { root: values.product, settings, podDelays: { ...podDelays, readyAfterMs: plan.readyAfterMs } },
      async (fresh) => {
        const seen = await runMorning(fresh, plan);
        tell(name, plan, seen);
        note(judge(plan, seen));
        slow.push(slowPut(seen));
        wrong.push(...wrongTimes(seen));
      },
    );
  // Without faults; and nobody is told a time if nobody waits.
  if (!plan.faults && wrong.length > 0 && median(wrong) > mostWrong)
    note([`expected times were wrong by ${percent(median(wrong))} (p90, median)`]);
  if (plan.mornings === undefined) continue;
  const usual = median(slow);
  process.stdout.write(
    `\nmornings of ${name}: p95 of PUT ${slow.map((each) => `${(each / 1_000).toFixed(2)} s`).join(", ")}\n`,
  );
  note(usual < slowestPut ? [] : [`the 95th percentile of PUT is ${(usual / 1_000).toFixed(2)} s (median)`]);
}
process.exitCode = verdicts.every(Boolean) ? 0 : 1;

function note(wrong: readonly string[]): void {
  for (const each of wrong) process.stdout.write(`  WRONG: ${each}\n`);
  verdicts.push(wrong.length === 0);
}

async function runMorning(fresh: FreshProduct, plan: Plan): Promise<Morning> {
  const people = arrivals(plan);
  await openWorkspaces(fresh.kubeconfig, workspaces, people);
  const starts = await watchStarts(fresh.kubeconfig);
  // Keycloak signs them, not this process: it is done before.
  const tokens = people.map(() => fresh.signService());
  fresh.counted.calls.length = 0;
  const cpuBefore = await cpuSecondsOf(fresh);
  const begun = performance.now();
  try {
    const visits = people.map((arrival, index) =>
      visit({ api: fresh.api, token: tokens[index] ?? "", renew: fresh.signService }, arrival, begun),
    );
    const faults = plan.faults ? mixInFaults(fresh) : Promise.resolve();
    const seen: Visit[] = await Promise.all(visits);
    await faults;
    const seconds = (performance.now() - begun) / 1_000;
    const cpuSeconds = plan.faults ? null : (await cpuSecondsOf(fresh)) - cpuBefore;
    const requests = fresh.counted.calls.length;
    return { visits: seen, seconds, cpuSeconds, requests, starts: starts.seen(), desktops: await countDesktops(fresh) };
  } finally {
    starts.close();
  }
}

function arrivals({ people, withinSeconds }: Plan): Arrival[] {
  return Array.from({ length: people }, (_, index) => ({
    username: `person-${index}`,
    workspace: workspaces[index % workspaces.length] ?? "",
    atMilliseconds: (withinSeconds * 1_000 * index) / people,
  }));
}

/** What an outage of each system does to a morning: the product is killed, the API server has too much to do. */
async function mixInFaults(fresh: FreshProduct): Promise<void> {
  await pause(4_000);
  const busy = { status: 429, headers: { "retry-after": "1" }, body: JSON.stringify(tooManyRequests) };
  fresh.counted.answerInstead(
    /^(GET|POST|PUT|PATCH) (?!.*watch=)/,
    Array.from({ length: 200 }, () => busy),
  );
  await pause(4_000);
  // The local start writes the sample estate, and does not wait for a busy API server as the product does.
  fresh.counted.answerInstead(/$^/, []);
  await fresh.killAndRestart();
}

/** CPU that the product's process used, with its stand-ins for host and identity provider, in seconds. */
async function cpuSecondsOf({ process: { pid } }: FreshProduct): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1]?.split(" ") ?? [];
  // utime and stime in clock ticks, of which Linux shows 100 a second (proc_pid_stat(5)).
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
