import type { NamedDesktop } from "./names.ts";
import type { DeploymentSide } from "./state.ts";

/** One desktop that is to be suspended or retired. */
export interface KnownDesktop extends NamedDesktop {
  /** The binding whose status is kept, if the desktop has a personal one. */
  binding?: string | undefined;
}

/** A desktop as its Deployment is. */
export interface DeployedDesktop extends KnownDesktop {
  replicas: number;
  side: DeploymentSide;
  /** When the start of its pod was asked for; of one that we did not start, since when it answers; null if unknown. */
  startedAt: string | null;
  startNoted: boolean;
  /** The request that its pod was started for, and took the credential of; undefined if it does not say. */
  startedFor?: string | undefined;
  /** The labels that its pods get; those of a Deployment that the operator left are not looked at. */
  podLabels?: Readonly<Record<string, string>> | undefined;
  /** What others changed in what its pods are made from, and may weaken its isolation. */
  templateFaults?: readonly string[] | undefined;
  /** True if we made it or took it over. */
  ours: boolean;
}
