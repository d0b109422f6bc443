import type { Refusal } from "../errors.ts";
import { refuse } from "../errors.ts";
import type { Day } from "./day.ts";
import type { Entitlement } from "./entitlement.ts";
import { fitsGuacamole, isUsername, type NamedDesktop, nameDesktop, type NamingRules, usernameFault } from "./names.ts";
import type { DesktopPolicy } from "./policy.ts";
import type { Port } from "./state.ts";

/** What a desktop is to be: everything that Kubernetes and Guacamole need to know, and no secret. */
export interface DesktopPlan extends NamedDesktop, DesktopPolicy {
  /** Last day of access. */
  until: Day;
  /** The binding that entitles, and whether it is this person's alone (then its status is kept). */
  binding: { name: string; personal: boolean };
  /** The username as a binding spells it, if that is not the canonical form: the operator named rows so. */
  spelled?: string;
}

/**
 * Plans the desktop of an entitled person; refuses names that Guacamole cannot hold, or that no path of the API can name.
 *
 * @param deployment the name of its Deployment, if that does not follow from its key
 */
export function planDesktop(
  username: string,
  { workspace, binding, spelled, until }: Entitlement,
  policy: DesktopPolicy,
  rules: NamingRules,
  deployment?: string,
): DesktopPlan | Refusal {
  if (!isUsername(username))
    return refuse("malformed-username", `${JSON.stringify(username)} cannot be a username: ${usernameFault}`);
  const key = { workspace: workspace.name, username };
  const names = nameDesktop(key, rules, deployment);
  if (!fitsGuacamole(names))
    return refuse("name-too-long", `${names.entity} has more than 128 characters, which Guacamole cannot hold`);

  return {
    ...policy,
    ...key,
    names,
    browserUrl: policy.browserUrl.replaceAll("{workspace}", () => workspace.name),
    until,
    binding: { name: binding.name, personal: binding.username !== undefined },
    ...(spelled !== undefined && { spelled }),
  };
}

/**
 * True if files go over an SSH server in the container next to VNC or RDP; SSH desktops have SFTP in the session itself.
 */
export function servesSftp({ protocol, allowUpload, allowDownload }: DesktopPolicy): boolean {
  return protocol !== "ssh" && (allowUpload || allowDownload);
}

/** The ports on which guacd reaches a desktop, by name, the session's own first. */
export function portsOf(plan: DesktopPolicy): Port[] {
  const session = { name: plan.protocol, port: plan.port };
  return servesSftp(plan) && plan.sftpPort !== null ? [session, { name: "sftp", port: plan.sftpPort }] : [session];
}
