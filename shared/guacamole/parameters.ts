import type { DesktopPlan } from "../desktop/plan.ts";

/**
 * A connection's parameters: where the desktop is, its credential, and what is locked down. guacd ignores unknown names
 * silently, so a typo here would open what it should close; a test compares the whole set. No file transfer and no audio
 * by leaving `enable-sftp` and `enable-audio` out.
 */
export function connectionParameters(plan: DesktopPlan, password: string): Record<string, string> {
  return {
    hostname: plan.names.host,
    port: String(plan.port),
    password,
    "disable-copy": "true",
    "disable-paste": "true",
  };
}
