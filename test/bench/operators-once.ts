/**
 * Does what operators and timers do, or only what the command line names, in its own process, each for `warmUps` times and
 * then for `runs` times. Prints as JSON what one run took on average: CPU in milliseconds, that of the thread that
 * runs the product's code, the API server's requests and bytes, and the database's round trips.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { InvocationContext } from "@azure/functions";
import { explainDesktops, findById } from "../../functions/gather/found-desktops.ts";
import { surveyDrift } from "../../functions/gather/drift.ts";
import { surveyDesktops } from "../../functions/gather/survey.ts";
import { turnTaking } from "../../functions/gather/turn-taking.ts";
import { readWholeEstate } from "../../functions/gather/whole-estate.ts";
import { listDesktops, listQuery } from "../../functions/http/list-desktops.ts";
import { showOneDesktop } from "../../functions/http/show-one-desktop.ts";
import { namingRules, type Services } from "../../functions/services.ts";
import { endLeavesTimer } from "../../functions/timers/end-leaves.ts";
import { followScalingTimer } from "../../functions/timers/follow-scaling.ts";
import { wakeTimer } from "../../functions/timers/wake.ts";
import type { TaskHub } from "../../functions/work/task-hub.ts";
import { readSettings } from "../../shared/config.ts";
import { deploymentName } from "../../shared/desktop/names.ts";
import { connectDatabase } from "../../shared/guacamole/database.ts";
import { guacamoleDesktopsIn } from "../../shared/guacamole/desktops.ts";
import { connectCluster } from "../../shared/kubernetes/cluster.ts";
import { desktopsIn } from "../../shared/kubernetes/desktops.ts";
import { maintenanceSwitchIn } from "../../shared/kubernetes/maintenance-switch.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { policiesIn } from "../../shared/kubernetes/policies.ts";
import { workspacesIn } from "../../shared/kubernetes/workspaces.ts";
import { sampleSite } from "../sample-plan.ts";
import { floorPage } from "./floor-page.ts";
import { desktopOf } from "./many-desktops.ts";
import type { MeasuredWorks } from "./measured-estate.ts";

const [, , server = "", databaseUrl = "", at = "", folder = "", warmUps = "", runs = "", ...only] = process.argv;
const kubeconfig = join(folder, "kubeconfig");
await writeFile(
  kubeconfig,
  JSON.stringify({
    clusters: [{ name: "bench", cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name: "bench", user: {} }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "bench" } }],
    "current-context": "bench",
  }),
);
const settings = readSettings({
  KUBECONFIG: kubeconfig,
  DATABASE_URL: databaseUrl,
  GUACAMOLE_URL: "http://127.0.0.1/guacamole",
  OIDC_ISSUER: "http://127.0.0.1/realms/sde",
  OIDC_AUDIENCE: "bench",
  OIDC_CLIENTS: "bench",
  DESKTOP_IMAGE: "example.org/desktop:1",
});
const cluster = connectCluster({ by: "kubeconfig", file: kubeconfig });
const database = connectDatabase({ url: settings.DATABASE_URL });
// What is measured needs no other services.
const services = {
  settings,
  workspaces: workspacesIn(cluster, settings.NAMESPACE),
  policies: policiesIn(cluster, settings.NAMESPACE),
  records: personRecordsIn(cluster, settings.NAMESPACE),
  desktops: desktopsIn(cluster, sampleSite, namingRules({ settings })),
  guacamole: guacamoleDesktopsIn(database, namingRules({ settings }), settings.TIME_ZONE),
  maintenance: maintenanceSwitchIn(cluster, settings.NAMESPACE),
  secretTurns: { ofDesktops: turnTaking(500), alone: turnTaking(500) },
  reach: { namespace: settings.NAMESPACE, wide: true, protected: [] },
  activeConnections: undefined,
  guacamoleInstances: undefined,
  directory: undefined,
  now: () => new Date(at),
} as Partial<Services> as Services;

const hub: Partial<TaskHub> = {};
const context: Partial<InvocationContext> = {
  log: () => undefined,
  warn: () => undefined,
  error: (...words: unknown[]) => process.stderr.write(`${words.join(" ")}\n`),
};
const timers = [wakeTimer(services), endLeavesTimer(services), followScalingTimer(services)];

async function showOne(): Promise<void> {
  const none = () => Promise.reject(new Error("all Deployments were read"));
  const found = await findById(services, deploymentName(desktopOf(7)), none);
  if (!found) throw new Error("measure: there is no such desktop");
  const { desktops, isolation, known, unanswered } = await explainDesktops(services, { deployed: [found], odd: [] });
  const [explained] = desktops;
  if (!explained) throw new Error("measure: the desktop was not explained");
  await showOneDesktop(services, { ...explained, isolation, known, unanswered, at });
}

/** The calls that find none look at most. */
async function listPage(query: Record<string, string>, some = true): Promise<void> {
  const { body } = await listDesktops(services, listQuery.parse(query));
  const { desktops, unanswered } = body as { desktops: unknown[]; unanswered: string[] };
  if (desktops.length > 0 !== some || unanswered.length > 0)
    throw new Error(`measure: ${desktops.length} desktops, unanswered: ${unanswered.join("; ")}`);
}

/** The list of all desktops is read before: what is measured is what a page takes while it is kept. */
let estate: Awaited<ReturnType<typeof readWholeEstate>> | undefined;
services.wholeEstate = async () => (estate ??= await readWholeEstate(services));

/** What the first page takes of a list that was just read: an order is made once for each. The rank of the worst is kept with it. */
async function pageByField(): Promise<void> {
  estate = { ...(await services.wholeEstate()) };
  await listPage({ sort: "lastSeen", limit: "100" });
}

const works: Record<string, () => Promise<unknown>> = {
  "one page of desktops": () => listPage({ limit: "100" }),
  "one page, by workspace": () => listPage({ workspace: desktopOf(7).workspace }),
  "one page, by state": () => listPage({ state: "suspended" }, false),
  "one page, the worst first": () => listPage({ sort: "worst", limit: "100" }),
  "one page, by a field": pageByField,
  "the list of all desktops": () => readWholeEstate(services),
  "one person's desktops": () => listPage({ username: desktopOf(7).username }),
  "one desktop": showOne,
  ...Object.fromEntries(
    timers.map(({ name, run }) => [name, () => run(hub as TaskHub, context as InvocationContext)] as const),
  ),
  reap: () => surveyDesktops(services),
  reconcile: () => surveyDrift(services, {}),
  "the least for a page": () => floorPage(server, databaseUrl),
};

const repeat = async (times: string, work: () => Promise<unknown>) => {
  for (let time = 0; time < Number(times); time += 1) await work();
};
const measured: MeasuredWorks = {};
for (const [name, work] of Object.entries(works)) {
  if (only.length > 0 && !only.includes(name)) continue;
  await repeat(warmUps, work);
  await fetch(`${server}/sent`);
  const before = [process.cpuUsage(), process.threadCpuUsage()] as const;
  await repeat(runs, work);
  const [all, own] = [process.cpuUsage(before[0]), process.threadCpuUsage(before[1])].map(
    ({ user, system }) => (user + system) / 1_000 / Number(runs),
  ) as [number, number];
  const sent = (await (await fetch(`${server}/sent`)).json()) as Omit<MeasuredWorks[string], "cpu">;
  measured[name] = {
    cpu: all,
    ownCpu: own,
    requests: sent.requests / Number(runs),
    bytes: sent.bytes / Number(runs),
    roundTrips: sent.roundTrips / Number(runs),
  };
}
await database.close();
process.stdout.write(JSON.stringify(measured));
process.exit();
