import type { Claims } from "../../desktop/entitlement.ts";
import type { NamingRules } from "../../desktop/names.ts";
import type { DnsServer } from "../../desktop/dns-server.ts";
import type { Destination } from "../../desktop/destination.ts";
import type { Finding, Known } from "./check.ts";

/** Pods with these labels; null is any namespace. */
export interface Pods {
  namespace: string | null;
  labels: Readonly<Record<string, string>>;
}

/** The selector of pods, which is also their name among the facts: `guacamole/app=guacd`. */
export function podsText({ namespace, labels }: Pods): string {
  return `${namespace ?? "*"}/${selectorText(labels)}`;
}

export function selectorText(labels: Pods["labels"]): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** What the settings say the estate is like. */
export interface Expected {
  guacd: Pods;
  /** Guacamole's own pods; undefined if they are not configured. */
  guacamole: Pods | undefined;
  /** True if Guacamole is asked who is connected. */
  asksGuacamole: boolean;
  dns: readonly DnsServer[];
  naming: NamingRules;
  oidc: { issuer: string; audience: string; clients: readonly string[] };
  guacamoleClient: string;
  /** The client that looks people up; undefined if there is none. */
  lookupClient: string | undefined;
}

/** One verb on one resource (`resource/subresource`), in one namespace. */
export interface Right {
  group: string;
  resource: string;
  verb: string;
  namespace: string;
}

/** Where desktops may go, and who says so: a setting, or a workspace's policy. */
export interface NamedDestination {
  of: string;
  destination: Destination;
}

export interface ClusterFacts {
  /** Why the API server cannot be used; null if it can. */
  fault: Finding | null;
  missingRights: Known<readonly Right[]>;
  /** The versions of the custom resources' group that are served, and the resources of ours; null if there is no such group. */
  customResources: Known<{ versions: readonly string[]; resources: readonly string[] } | null>;
  /** Whether the API server refuses what only the admission policy refuses. */
  isLimited: Known<boolean>;
  isClosedByDefault: Known<boolean>;
  /** What others' policies would open in a desktop of the usual kind, in words. */
  openings: Known<readonly string[]>;
  /** Whether there are such pods, by `podsText`. */
  pods: Known<ReadonlyMap<string, Known<boolean>>>;
  destinations: Known<readonly NamedDestination[]>;
  /** The claims by which bindings let people in. */
  claims: Known<readonly (keyof Claims)[]>;
}

/** How Guacamole's tables differ from those of the versions that are known. */
export interface SchemaFound {
  /** The schema that has the tables; null if there are none. */
  schema: string | null;
  /** Which releases of Guacamole have these tables; null if none that is known. */
  version: string | null;
  /** What is missing, and what no known version has. */
  lacks: readonly string[];
  more: readonly string[];
}

/** A desktop's connection, and by which names people use it. */
export interface NameEvidence {
  workspace: string;
  username: string;
  /** The user who opened it last, and when (ISO); null if nobody did. */
  openedBy: string | null;
  openedAt: string | null;
  /** Users who may open it. */
  readers: readonly string[];
  /** True if there is a user without any system permission who is called as the connection is. */
  hasPlainUser: boolean;
}

export interface DatabaseFacts {
  fault: Finding | null;
  schema: Known<SchemaFound>;
  /** What is missing or in the way, in words; null if nothing is. */
  rightsFault: Known<Finding | null>;
  names: Known<readonly NameEvidence[]>;
}

/** Of a client of the realm what matters here. */
export interface RealmClient {
  enabled: boolean;
  frontchannelLogout: boolean;
  backchannelUrl: string;
  /** True if logout tokens name the session that ended. */
  namesSession: boolean;
  /** True if people get tokens by this client, and not only the client for itself. */
  forPeople: boolean;
  /** The client's own mappers, and those of its default scopes. */
  mappers: readonly { type: string; config: Readonly<Record<string, string>> }[];
}

export interface RealmFacts {
  /** Why no token can be checked; null if it can. */
  keysFault: string | null;
  /** The issuer by its own word. */
  issuer: Known<string>;
  /** Why people cannot be looked up; null if they can, or if nobody is to be asked. */
  lookupFault: Finding | null;
  /** What is hidden from the lookup client. */
  lookupGaps: readonly Finding[];
  /** Clients by their name; null for one that does not exist. */
  clients: ReadonlyMap<string, Known<RealmClient | null>>;
}

export interface EstateFacts {
  cluster: ClusterFacts;
  database: DatabaseFacts;
  realm: RealmFacts;
}
