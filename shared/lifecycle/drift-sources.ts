import type { WorkspacesAndBindings } from "../desktop/entitlement.ts";
import type { DesktopKey, NamingRules } from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import type { Standing } from "../person/claims.ts";
import type { ClaimNames } from "./notices.ts";
import type { IsolationPolicy } from "./isolation.ts";
import type { Survey, SurveyedDesktop } from "./survey.ts";

/** A connection as it is. */
export interface ConnectionDetails extends DesktopKey {
  connectionId: number;
  protocol: string;
  host: string | null;
  /** Of each parameter's value, by its name: SHA-256 in hex. */
  digests: Readonly<Record<string, string>>;
  /** The users who hold READ on it themselves. */
  readers: string[];
  /** Those of them who hold READ on its group too: without it, the connection is not shown to them. */
  groupReaders: string[];
  /** What all but administrators may do with it. */
  rights: Right[];
  /** What all but administrators may do with its group, besides seeing it. */
  groupRights: Right[];
  /** How many sharing profiles it has: who has the link to one watches the session. */
  shares: number;
  /** How many other connections lead to the same host. */
  othersLeadingThere: number;
  /** True if it does not use Guacamole's own guacd. */
  otherGuacd: boolean;
}

/** A permission on one of Guacamole's objects. */
export interface Right {
  holder: string;
  type: "USER" | "USER_GROUP";
  permission: string;
}

export interface GuacamoleUser {
  /** YYYY-MM-DD or in words; null if unlimited. */
  lastDay: string | null;
  /** True if a password may fit. */
  hasPassword: boolean;
  /** True if the user holds a system permission, also through groups. */
  isPrivileged: boolean;
  /** What all others but administrators may do with the user. */
  rights: Right[];
}

/** A desktop's pod that somebody changed after it was made, and what. */
export interface ChangedPod extends DesktopKey {
  pod: string;
  uid: string;
  faults: readonly string[];
}

/** What was read first of everything, or of one person: it says what else has to be asked. */
export interface DriftSources {
  survey: Survey;
  known: WorkspacesAndBindings;
  connections: readonly ConnectionDetails[];
  /** Guacamole's users by name. */
  users: ReadonlyMap<string, GuacamoleUser>;
  /** Which of the network's parts are there, of desktops that have any. */
  networkParts: readonly (DesktopKey & { service: boolean; networkPolicy: boolean })[];
  /** Every NetworkPolicy of the desktops' namespace; none if one person's desktops are looked at. */
  policies?: readonly IsolationPolicy[];
  /** The desktops that have pods; of everybody only. */
  podsOf: readonly DesktopKey[];
  /** Pods that somebody changed; of everybody only. */
  changedPods?: readonly ChangedPod[];
  rules: NamingRules;
}

/** What else has to be asked. */
export interface DriftQuestions {
  /** How these desktops should be, and what their connections should say. */
  compared: { surveyed: SurveyedDesktop; withParameters: boolean }[];
  /** Is there a Secret of these desktops? They have no Deployment. */
  withoutDeployment: DesktopKey[];
  /** Does the identity provider still know these people? */
  people: { username: string; subject: string }[];
}

/** How a desktop should be. Of parameters there are digests only, no values: some are secret. */
export interface WantedDesktop extends Pick<DesktopPlan, "protocol" | "until"> {
  /** What of its network's side is not so: whatever state the pod is in, it may run. */
  network: readonly { kind: "service" | "network-policy"; reason: string }[];
  /** If not, its rows are not written yet. */
  isReady: boolean;
  /**
   * null if its Secret has no password. `isOfPod`: the password is the one that its pod was started with. `isUnread`: its
   * Secret was not read this time, and what is secret is not compared.
   */
  parameters: {
    digests: Readonly<Record<string, string>>;
    secret: ReadonlySet<string>;
    isOfPod: boolean;
    isUnread?: boolean;
  } | null;
}

export interface GatheredDrift extends DriftSources {
  /** By the key of the desktop. Missing: nobody knows how it should be, or it is not done yet. */
  wanted: ReadonlyMap<string, WantedDesktop>;
  /** Desktops without Deployment that have a Secret. */
  secrets: readonly DesktopKey[];
  /** Names that several root groups share, and how many groups. */
  duplicateGroups: readonly { workspace: string; count: number }[];
  /** What the identity provider says of people, by username; null if it does not know them. */
  standings: ReadonlyMap<string, Standing | null>;
  claimNames: ClaimNames;
  timeZone: string;
  /** What could not be asked. */
  unanswered: readonly string[];
}
