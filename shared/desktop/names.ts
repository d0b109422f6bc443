import { v5 as uuid5 } from "uuid";

/** Which desktop: there is one per (workspace, username). */
export interface DesktopKey {
  workspace: string;
  username: string;
}

/**
 * The key as one text, for maps and sets. No two desktops share it: neither part can have a slash. The spellings of a
 * username have the same.
 */
export function keyText({ workspace, username }: DesktopKey): string {
  return `${workspace}/${canonicalUsername(username)}`;
}

/** Every name that belongs to one desktop; all follow from its key, so any step can be done or undone without another's result. */
export interface DesktopNames {
  deployment: string;
  service: string;
  secret: string;
  networkPolicy: string;
  /** Where guacd reaches the desktop. */
  host: string;
  /** Guacamole's connection group, connection, and user. */
  group: string;
  connection: string;
  entity: string;
}

/** A desktop with its names: what every side effect needs to know which one is meant. */
export interface NamedDesktop extends DesktopKey {
  names: DesktopNames;
}

export interface NamingRules {
  namespace: string;
  clusterDomain: string;
  /**
   * `{workspace}` and `{username}` are filled in; must equal the claim that Guacamole reads. Without `{workspace}` it is
   * `{username}` alone: then all desktops of a person have the same user.
   */
  entityTemplate: string;
}

/** True if a person has one Guacamole user for all desktops, and not one for each. */
export function isOneUserPerPerson({ entityTemplate }: NamingRules): boolean {
  return !entityTemplate.includes("{workspace}");
}

/**
 * The name that a desktop's user may have had before: under the other kind of template, which the AWMS operator had or
 * which was set until now.
 */
export function formerEntity({ workspace, username }: DesktopKey, rules: NamingRules): string {
  return isOneUserPerPerson(rules) ? `${workspace}@${username}` : username;
}

/** True if this is a host of a desktop: of ours, or of one that the AWMS operator made. */
export function isDesktopHost(host: string | null, rules: NamingRules): boolean {
  return host !== null && host.startsWith("client-") && host.endsWith(desktopHosts(rules));
}

/** What the hosts of all desktops end in. */
export function desktopHosts({ namespace, clusterDomain }: NamingRules): string {
  return `.${namespace}.svc.${clusterDomain}`;
}

/** Lengths of guacamole_entity.name and guacamole_connection.connection_name; longer names are refused, never cut: two people could merge. */
export const guacamoleNameLength = 128;
const namespaceOfUrls = "6ba7b811-9dad-11d1-80b4-00c04fd430c8"; // RFC 9562 §6.6, NAMESPACE_URL
const origin = "https://workspaces.xlscsde.nhs.uk";

/** 32 hex digits from a URL, as Python's uuid5(NAMESPACE_URL, url).hex. */
function hashOf(...segments: string[]): string {
  // No two URLs have the same: the slash is the only character that is not quoted and separates.
  const key = segments.join("/");
  const known = hashes.get(key);
  if (known !== undefined) return known;
  const url = [origin, ...segments.map(quote)].join("/");
  const hash = uuid5(url, namespaceOfUrls).replaceAll("-", "");
  if (hashes.size >= mostHashes) hashes.clear();
  hashes.set(key, hash);
  return hash;
}

/**
 * The same names are hashed again and again: a few while work on them is under way, and all of the estate in each survey, some
 * two for each desktop.
 */
const hashes = new Map<string, string>();
/** 15 MB at most. */
const mostHashes = 100_000;

/** Percent-encodes as Python's urllib.parse.quote does: `/` stays, `!*'()` do not. */
function quote(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%2F", "/");
}

/** The Deployment's name as the AWMS operator made it. */
export function deploymentName({ workspace, username }: DesktopKey): string {
  return hashOf(workspace, username);
}

/** All names of a desktop. `deployment` wins if a binding's status already has one. */
export function nameDesktop(key: DesktopKey, rules: NamingRules, deployment = deploymentName(key)): DesktopNames {
  const service = `client-${deployment}`;
  return {
    deployment,
    service,
    secret: service,
    networkPolicy: service,
    host: `${service}${desktopHosts(rules)}`,
    group: key.workspace,
    connection: key.username,
    entity: rules.entityTemplate
      .replaceAll("{workspace}", () => key.workspace)
      .replaceAll("{username}", () => key.username),
  };
}

/** True if Guacamole can hold these names. */
export function fitsGuacamole(names: DesktopNames): boolean {
  return [names.group, names.connection, names.entity].every((name) => name.length <= guacamoleNameLength);
}

/** Stands for a person where letters are restricted (instance ids, object names): 32 hex digits. */
export function personId(username: string): string {
  return hashOf("person", username);
}

/** Stands for a workspace, a person, or a person in a workspace: whose sessions a run ends. */
export function sessionsId({ workspace, username }: { [Key in keyof DesktopKey]: string | undefined }): string {
  return hashOf("sessions", workspace ?? "", username ?? "");
}

/** Stands for a person's id at the identity provider, which may have any characters, in a label: 32 hex digits. */
export function subjectId(subject: string): string {
  return hashOf("subject", subject);
}

/**
 * What a username looks like in its canonical form: lower-case, because Keycloak keeps usernames so and Guacamole compares
 * bytes, and ASCII, because Java and PostgreSQL lower-case other letters differently. It begins with a letter, a digit or
 * `_`, so that no path of the API takes it for `.` or `..`.
 */
const usernamePattern = /^[a-z0-9_][a-z0-9._@+'-]*$/;

/** What a username looks like in any spelling. */
export const spelledUsernamePattern = /^[A-Za-z0-9_][A-Za-z0-9._@+'-]*$/;

/**
 * The one spelling of a username under which its person is known: bindings, tokens and events may differ in the case of
 * letters. What cannot be a username stays as it is, and so is nobody's.
 */
export function canonicalUsername(text: string): string {
  return spelledUsernamePattern.test(text) ? text.toLowerCase() : text;
}

/** What is wrong with a text that cannot be a username, in words. */
export const usernameFault =
  "it has 1 to 128 ASCII letters, digits and . _ @ + - ', and begins with a letter, a digit or _";

/** What the name of an AnalyticsWorkspace looks like (RFC 1123 subdomain). */
export const workspacePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What the name of a Deployment, and so the id of a desktop, looks like. */
export const deploymentPattern = /^[0-9a-f]{32}$/;

/**
 * True if a Deployment of this name can be a desktop's: with the Service that is called after it (RFC 1035, 63 letters), and
 * as the value of a label.
 */
export function isDeploymentName(text: string): boolean {
  return text.length <= 63 - "client-".length && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
}

/** True if a text can be the name of a person or a workspace that somebody wrote onto an object, in whatever spelling. */
export function isKeyPart(text: string): boolean {
  return text !== "" && text.length <= 253 && !/\p{Cc}/u.test(text);
}

/** True if a text can be a username. */
export function isUsername(text: string): boolean {
  return text.length <= guacamoleNameLength && usernamePattern.test(text);
}

/** True if a text can be the name of an AnalyticsWorkspace. */
export function isWorkspaceName(text: string): boolean {
  return text.length <= guacamoleNameLength && workspacePattern.test(text);
}
