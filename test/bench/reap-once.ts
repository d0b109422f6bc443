/**
 * Gathers the facts and decisions of a reap run as the product does, three times in its own process. Prints what it
 * took as JSON.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { namingRules } from "../../functions/services.ts";
import { surveyDesktops } from "../../functions/gather/survey.ts";
import { readSettings } from "../../shared/config.ts";
import { summarize } from "../../shared/lifecycle/survey.ts";
import { connectDatabase } from "../../shared/guacamole/database.ts";
import { guacamoleDesktopsIn } from "../../shared/guacamole/desktops.ts";
import { connectCluster } from "../../shared/kubernetes/cluster.ts";
import { desktopsIn } from "../../shared/kubernetes/desktops.ts";
import { maintenanceSwitchIn } from "../../shared/kubernetes/maintenance-switch.ts";
import { policiesIn } from "../../shared/kubernetes/policies.ts";
import { personRecordsIn } from "../../shared/kubernetes/person-records.ts";
import { workspacesIn } from "../../shared/kubernetes/workspaces.ts";
import { sampleSite } from "../sample-plan.ts";

const [, , server = "", databaseUrl = "", at = "", folder = ""] = process.argv;
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
const connected = connectCluster({ by: "kubeconfig", file: kubeconfig });
const calls = { pages: 0, statements: 0 };
const cluster: typeof connected = {
  ...connected,
  async *pages(...which) {
    for await (const page of connected.pages<never>(...which)) {
      calls.pages += 1;
      yield page;
    }
  },
  async list<T extends KubernetesObject>(...which: Parameters<typeof connected.pages>) {
    const found: T[] = [];
    for await (const page of cluster.pages<T>(...which)) found.push(...page);
    return found;
  },
};
const database = connectDatabase({ url: settings.DATABASE_URL });
const counted: typeof database = {
  ...database,
  query(...statement) {
    calls.statements += 1;
    return database.query(...statement);
  },
};
const services = {
  settings,
  workspaces: workspacesIn(cluster, settings.NAMESPACE),
  policies: policiesIn(cluster, settings.NAMESPACE),
  records: personRecordsIn(cluster, settings.NAMESPACE),
  desktops: desktopsIn(cluster, sampleSite, namingRules({ settings })),
  guacamole: guacamoleDesktopsIn(counted, namingRules({ settings }), settings.TIME_ZONE),
  maintenance: maintenanceSwitchIn(cluster, settings.NAMESPACE),
  activeConnections: undefined,
  guacamoleInstances: undefined,
  now: () => new Date(at),
};

const runs = [];
for (let run = 0; run < 3; run += 1) {
  calls.pages = 0;
  calls.statements = 0;
  const began = performance.now();
  const { looked, rules, due, later, unanswered } = summarize(await surveyDesktops(services));
  const seconds = (performance.now() - began) / 1_000;
  runs.push({ seconds, ...calls, looked, rules, due: due.length + later, unanswered });
}
await database.close();
process.stdout.write(JSON.stringify({ runs, megabytes: process.resourceUsage().maxRSS / 1_024 }));
