import { type DesktopKey, type DesktopNames, formerEntity, nameDesktop } from "../../shared/desktop/names.ts";
import {
  type Adoption,
  candidatesOf,
  decideAdoptions,
  type LeftAlone,
  type LeftDesktop,
  whyTwo,
} from "../../shared/lifecycle/adoption.ts";
import { lastDayOf } from "../../shared/guacamole/last-day.ts";
import { namingRules, type Services } from "../services.ts";
import { someAtATime } from "../some-at-a-time.ts";
import { planFor } from "./plan.ts";

/** At most this many desktops are read at the same time: enough to be quick, few enough for a small database pool. */
const atOnce = 5;

/** Plans the adoption of everything that the operator left. Only reads. */
export async function planAdoption(services: Services): Promise<{ people: Adoption[]; leftAlone: LeftAlone[] }> {
  const [deployments, known, { records, damaged }] = await Promise.all([
    services.desktops.findLeftByOperator(),
    services.workspaces.known(),
    services.records.all(),
  ]);
  const { candidates, leftAlone } = candidatesOf(deployments, records, damaged);

  const rules = namingRules(services);
  const former = (key: DesktopKey, names: DesktopNames) =>
    services.guacamole.observe({ ...names, entity: formerEntity(key, rules) });
  const left: LeftDesktop[] = [];
  const look = async ({ deployment, key, spelled }: (typeof candidates)[number]) => {
    const plan = await planFor(services, { username: key.username, claims: {} }, key.workspace, known);
    const reason = whyTwo(deployment, key, plan);
    if (reason !== null) {
      leftAlone.push({ deployment, reason });
      return;
    }
    const names = nameDesktop(key, rules, deployment);
    const written = { ...key, username: spelled ?? key.username };
    const rowNames = nameDesktop(written, rules, deployment);
    const [cluster, rows] = await Promise.all([
      services.desktops.observe({ ...key, names }),
      services.guacamole.observe(rowNames),
    ]);
    const mayBeOpened = rows.permissions.connection || (await former(written, rowNames)).permissions.connection;
    const lastDay = lastDayOf({ ...rows, timeZone: rows.timeZone ?? null }, services.settings.TIME_ZONE);
    left.push({ ...key, names, cluster, rows, lastDay, mayBeOpened, plan, ...(spelled !== undefined && { spelled }) });
  };
  await someAtATime(atOnce, candidates, (candidate) =>
    look(candidate).catch((error: unknown) => {
      leftAlone.push({ deployment: candidate.deployment, reason: `cannot be read: ${(error as Error).message}` });
    }),
  );
  return decideAdoptions(left, leftAlone);
}
