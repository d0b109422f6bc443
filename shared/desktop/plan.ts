import type { Refusal } from "../errors.ts";
import { refuse } from "../errors.ts";
import type { Day } from "./day.ts";
import type { Entitlement } from "./entitlement.ts";
import { fitsGuacamole, type NamedDesktop, nameDesktop, type NamingRules } from "./names.ts";

/** Amounts of a container as Kubernetes writes them, e.g. `{ cpu: "500m", memory: "1Gi" }`. */
export interface Amounts {
  cpu: string;
  memory: string;
}

/** How desktops look where a workspace says nothing else. */
export interface DesktopDefaults {
  image: string;
  /** Where the browser in the container goes; `{workspace}` is filled in. */
  browserUrl: string;
  requests: Amounts;
  limits: Amounts;
  runAsNonRoot: boolean;
  readyWithinSeconds: number;
  unschedulableGraceSeconds: number;
}

/** What a desktop is to be: everything that Kubernetes and Guacamole need to be told, and no secret. */
export interface DesktopPlan extends NamedDesktop, DesktopDefaults {
  protocol: "vnc";
  port: number;
  /** Last day of access. */
  until: Day;
  /** The binding that entitles, and whether it is this person's alone (then its status is kept). */
  binding: { name: string; personal: boolean };
}

/** Plans the desktop of an entitled person; refuses names that Guacamole cannot hold. */
export function planDesktop(
  username: string,
  { workspace, binding, deployment, until }: Entitlement,
  defaults: DesktopDefaults,
  rules: NamingRules,
): DesktopPlan | Refusal {
  const key = { workspace: workspace.name, username };
  const names = nameDesktop(key, rules, deployment);
  if (!fitsGuacamole(names))
    return refuse("name-too-long", `${names.entity} has more than 128 characters, which Guacamole cannot hold`);

  return {
    ...defaults,
    ...key,
    names,
    protocol: "vnc",
    port: 5900,
    browserUrl: defaults.browserUrl.replaceAll("{workspace}", () => workspace.name),
    until,
    binding: { name: binding.name, personal: binding.username !== undefined },
  };
}
