import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { parseDatabaseUrl } from "./guacamole/database-url.ts";
import { type DnsServer, parseDnsServer, usualDnsServers } from "./desktop/dns-server.ts";
import { parseProtectedPlace, type ProtectedPlace } from "./desktop/reach.ts";
import { parsePolicy, policyFields, type PolicyTexts } from "./desktop/policy.ts";
import { parseSigningKey, signatureAlgorithms, type SigningKey } from "./signing-key.ts";
import { parsePlaceholders, type PlaceholderWindow } from "./lifecycle/placeholders.ts";

/**
 * Every setting of the product by the name it has in the environment, but for the defaults of desktops, which are those of
 * a policy's fields (settingOf). `describe` is what the README's table shows; a test keeps the two the same.
 */
const eachSetting = z.object({
  CLUSTER_AUTH: oneOf("entra", "service-account", "kubeconfig")
    .optional()
    .describe(
      "How the product logs in to Kubernetes: `entra` with tokens of the app's managed identity. Default: `kubeconfig` if KUBECONFIG is set, else `service-account`, the pod's",
    ),
  KUBECONFIG: z.string().optional().describe("With `kubeconfig`: its path"),
  CLUSTER_URL: z
    .url({ protocol: /^https$/, error: "is not an address with TLS (https://host:port)", abort: true })
    .refine(isBareAddress, "has more than a host, a port and a path")
    .transform((address) => address.replace(/\/+$/, ""))
    .optional()
    .describe("With `entra`: address of the API server, `https://host:443`"),
  CLUSTER_CA: z
    .string()
    .refine(
      isCertificate,
      "is no PEM certificate in base64 (copy certificate-authority-data of az aks get-credentials --file -)",
    )
    .optional()
    .describe("With `entra`: the cluster's CA as in a kubeconfig, PEM certificates in base64"),
  NAMESPACE: z.string().default("guacamole").describe("Namespace of the desktops and of the person records"),
  WORKSPACES_NAMESPACE: z.string().optional().describe("Namespace of workspaces and bindings. Default: NAMESPACE"),
  CLUSTER_DOMAIN: z.string().default("cluster.local").describe("DNS domain of the cluster"),
  CLUSTER_DNS: list()
    .pipe(z.array(dnsServer()).min(1, "names no server"))
    .prefault(usualDnsServers)
    .describe(
      "Where desktops may ask for names: `namespace/label=value:port` (`*`: any), `169.254.20.10:port`, `[fd00::10]:port`, separated by commas",
    ),
  GUACD_LABELS: labels()
    .prefault("app=guacd")
    .describe("Labels of the guacd pods, which alone may reach desktops: `key=value,…`"),
  GUACD_NAMESPACE: z.string().optional().describe("Namespace of guacd. Default: NAMESPACE"),

  PROTECTED_DESTINATIONS: list("")
    .pipe(z.array(protectedPlace()))
    .describe(
      "What no workspace's policy may open besides guacd, the database and the API server, such as this app: `namespace/label=value` or `10.0.0.4/32`, separated by commas",
    ),
  WIDE_DESTINATIONS: oneOf("refused", "allowed")
    .default("refused")
    .describe("Whether policies may open ranges of addresses that are wider than /16"),

  TIME_ZONE: z
    .string()
    .default("Europe/London")
    .refine(isTimeZone, "is not an IANA time zone (for example Europe/London)")
    .describe("Time zone of the whole days in workspaces and bindings"),

  DATABASE_URL: z
    .string()
    .superRefine((text, context) => {
      const address = parseDatabaseUrl(text);
      if ("fault" in address) context.addIssue({ code: "custom", message: address.fault });
    })
    .describe(
      "Guacamole's PostgreSQL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full` (docs/database.md)",
    ),
  DATABASE_AUTH: oneOf("password", "entra")
    .default("password")
    .describe("`password` from DATABASE_URL, or `entra`: a token of the app's managed identity, over TLS only"),
  DATABASE_SERVER_ID: z
    .string()
    .regex(
      /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[^/]+\/providers\/Microsoft\.DBforPostgreSQL\/flexibleServers\/[^/]+$/i,
      "is not the resource id of a flexible server (/subscriptions/…/flexibleServers/NAME)",
    )
    .optional()
    .describe("Resource id of the Azure flexible server, if the product should start it when it is stopped"),
  GUACAMOLE_URL: url().describe("Address of the Guacamole web application, as people reach it"),
  GUACAMOLE_ENTITY_TEMPLATE: z
    .string()
    .regex(
      /^\{username\}$|^[^{}]*\{workspace\}[^{}]*[@\\][^{}]*\{username\}[^{}]*$|^[^{}]*\{username\}[^{}]*[@\\][^{}]*\{workspace\}[^{}]*$/,
      "is neither {username} alone, nor {workspace} and {username} with an @ or \\ between them (otherwise two people could share a name)",
    )
    .default("{workspace}@{username}")
    .describe(
      "Guacamole's user name; must equal the claim that Guacamole reads. Or `{username}`: one user per person (docs/operations.md says which to choose)",
    ),

  OIDC_ISSUER: url().describe("Issuer of access tokens, exactly as in their `iss`"),
  OIDC_AUDIENCE: z.string().min(1).describe("Our name in the `aud` of access tokens"),
  OIDC_JWKS_URL: url().optional().describe("Address of the issuer's keys. Default: Keycloak's path below OIDC_ISSUER"),
  OIDC_ALGORITHMS: list()
    .pipe(
      z
        .array(
          z.enum(
            signatureAlgorithms,
            `names an algorithm that is never accepted (choose from ${signatureAlgorithms.join(", ")}: HS* and none do not prove that the issuer signed)`,
          ),
        )
        .min(1, "names no algorithm"),
    )
    .optional()
    .describe("Accepted signature algorithms. Default: RS, PS and ES with 256, 384 and 512, and EdDSA"),
  OIDC_KEYS_MAX_AGE_MINUTES: wholeNumber(1, 1_440)
    .default(60)
    .describe("How long a key is accepted after the issuer last named it: the bound while the issuer is away"),
  OIDC_CLIENTS: list().describe("Clients (`azp`) whose tokens are accepted, separated by commas"),
  OIDC_CLOCK_SKEW_SECONDS: wholeNumber(0, 60).default(30).describe("Tolerance for clocks that differ, at most 60"),
  SERVICE_ROLE: z.string().default("desktop-service").describe("Role of callers that act for any person (Keycloak)"),
  OFFBOARDING_ROLE: z
    .string()
    .default("desktop-offboarding")
    .describe("Role of callers that may remove everything a person has"),
  ADMIN_ROLE: z.string().default("desktop-admin").describe("Role of administrators"),
  MONITORING_ROLE: z
    .string()
    .default("desktop-monitoring")
    .describe("Role of callers that may read why the product is not ready"),

  PORTAL_CLIENT_ID: z
    .string()
    .default("desktops-portal")
    .describe("The portal's client in the realm. Its pages are served if OIDC_CLIENTS names it"),
  PORTAL_SUPPORT: z
    .string()
    .optional()
    .describe("Whom people ask for help, as the portal shows it: an address, or a sentence. Default: nobody is named"),
  PORTAL_ACCESSIBILITY_CONTACT: z
    .string()
    .optional()
    .describe(
      "Where people report barriers, in the accessibility statement: an address, or a sentence. Default: nobody is named",
    ),

  TIMERS: oneOf("functions", "external")
    .default("functions")
    .describe(
      "`external`: the app has no timers, and somebody calls `POST /maintenance/{wake,reap,reconcile,upkeep}` on time (docs/deploy.md)",
    ),
  TIMERS_ROLE: z
    .string()
    .default("desktop-timers")
    .describe("Role of callers that may make these four calls, and no others"),
  TIMERS_SUBJECT: z
    .string()
    .regex(
      /^system:serviceaccount:[a-z0-9]([-a-z0-9]*[a-z0-9])?:[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/,
      "is not a service account (system:serviceaccount:NAMESPACE:NAME)",
    )
    .optional()
    .describe(
      "Service account of the cluster whose projected token is good for these four calls: `system:serviceaccount:NAMESPACE:NAME`. Default: none is",
    ),
  TIMERS_AUDIENCE: z.string().min(1).default("guacamole-workspaces").describe("Our name in the `aud` of such a token"),
  TIMERS_ISSUER: url()
    .optional()
    .describe(
      "Issuer of such a token, exactly as in its `iss`. Default: `https://kubernetes.default.svc.CLUSTER_DOMAIN`",
    ),

  PERSON_CHANGES_PER_MINUTE: wholeNumber(1, 100_000)
    .default(60)
    .describe("How many calls that change something each process accepts in a minute for one person, or one desktop"),
  READY_KEPT_SECONDS: wholeNumber(0, 60)
    .default(5)
    .describe("How long an answer of `GET /health/ready`, which anyone may ask for, is given again"),

  GUACAMOLE_CLIENT: z
    .string()
    .default("guacamole")
    .describe("Guacamole's client in Keycloak: its logins count. Logout tokens are for it, or for one of OIDC_CLIENTS"),
  LEAVE_GRACE_MINUTES: wholeNumber(0, 1_440)
    .default(15)
    .describe("How long after a logout the desktop is suspended, unless the person comes back"),
  KEYCLOAK_SESSION_IDLE_MINUTES: wholeNumber(1, 525_600)
    .default(30)
    .describe("The realm's SSO Session Idle, or its remember-me value if that is longer"),
  KEYCLOAK_SESSION_MAX_MINUTES: wholeNumber(1, 525_600)
    .default(600)
    .describe("The realm's SSO Session Max, or its remember-me value if that is longer"),
  KEYCLOAK_WEBHOOK: oneOf("off", "hmac", "bearer")
    .default("off")
    .describe("How keycloak-events signs: `hmac` with a secret, `bearer` with the realm's key (0.62 and newer)"),
  KEYCLOAK_WEBHOOK_SECRET: secret().describe("With `hmac`: the webhook's secret, at least 16 characters"),
  KEYCLOAK_WEBHOOK_SECRET_BEFORE: secret().describe("The previous secret, while it is being changed"),
  KEYCLOAK_WEBHOOK_AUDIENCE: z
    .string()
    .min(1)
    .optional()
    .describe("With `bearer`: the webhook's audience, different from OIDC_AUDIENCE"),
  KEYCLOAK_REALM: z
    .string()
    .min(1)
    .optional()
    .describe("Name of the realm whose events count. Default: from OIDC_ISSUER"),
  KEYCLOAK_ADMIN_URL: url()
    .optional()
    .describe("Keycloak's address for its admin API. Default: the part of OIDC_ISSUER before /realms/"),
  KEYCLOAK_ADMIN_CLIENT: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Client that may look people up (role view-users). With it, nothing is removed because of an event alone",
    ),
  KEYCLOAK_ADMIN_KEY: privateKey()
    .optional()
    .describe(
      "That client's private key, a JWK with `kid` and `alg` in one line: it signs, and is never sent (infra/keycloak/README.md)",
    ),
  KEYCLOAK_ADMIN_SECRET: secret().describe("That client's secret, if it has no key"),
  KEYCLOAK_GROUPS_CLAIM: z.string().min(1).default("groups").describe("The claim that holds a person's groups"),
  KEYCLOAK_ROLES_CLAIM: z.string().min(1).default("roles").describe("The claim that holds a person's roles"),
  KEYCLOAK_ROLES_CLIENTS: list("").describe(
    "Clients whose roles are in that claim beside the realm's, separated by commas (the lookup client then needs view-clients). Default: none",
  ),

  GUACAMOLE_LABELS: labels()
    .optional()
    .describe(
      "Labels of Guacamole's own pods, `key=value,…`: sessions older than the oldest of them are no longer alive",
    ),
  GUACAMOLE_NAMESPACE: z.string().optional().describe("Namespace of Guacamole's pods. Default: NAMESPACE"),
  GUACAMOLE_API_URLS: list()
    .pipe(
      z
        .array(url().refine(hasNoUser, "has a user or a password in an address (take it out: addresses are logged)"))
        .min(1, "has no address"),
    )
    .optional()
    .describe("Address of each replica of Guacamole, separated by commas, to be asked who is connected"),
  GUACAMOLE_API_USERNAME: z.string().min(1).optional().describe("An administrator of Guacamole, for these calls"),
  GUACAMOLE_API_PASSWORD: z.string().min(1).optional().describe("Their password"),
  GUACAMOLE_API_DATA_SOURCE: z.string().min(1).default("postgresql").describe("Guacamole's name for its database"),

  STARTS_AT_ONCE: wholeNumber(1, 10_000)
    .default(64)
    .describe("How many desktops may start at once in the cluster; the others wait in a queue"),
  MAX_DESKTOPS: wholeNumber(1, 1_000_000)
    .optional()
    .describe("How many desktops may run or start in the cluster. Default: as many as fit"),
  PREPULL: oneOf("off", "on")
    .default("off")
    .describe("`on`: nodes pull the images of all open workspaces before a desktop needs them (docs/operations.md)"),
  PLACEHOLDERS: placeholders()
    .prefault("")
    .describe(
      "When how many places for desktops are kept free: `Mon-Fri 08:15-10:00 Europe/London: 8`, separated by `;` (docs/operations.md)",
    ),

  WAKE_SCHEDULE: schedule("*/30 * * * * *").describe(
    "NCRONTAB: when requests that nothing works on are picked up again",
  ),
  REAP_SCHEDULE: schedule("0 */5 * * * *").describe("NCRONTAB: when idle desktops are looked for and suspended"),
  RECONCILE_SCHEDULE: schedule("0 */15 * * * *").describe("NCRONTAB: when drift is looked for and repaired"),
  ISOLATION: oneOf("reported", "required")
    .default("reported")
    .describe(
      "`required`: no desktop is started while another NetworkPolicy of `NAMESPACE` opens it; `reported`: only told",
    ),
  RECONCILE_SAFETY_PERCENT: wholeNumber(1, 100)
    .default(20)
    .describe(
      "Share of all desktops that one reconciliation may remove; if it would remove more, it stops and reports that",
    ),
  UPKEEP_SCHEDULE: schedule("0 7 * * * *").describe(
    "NCRONTAB: when finished work and records are deleted, and bindings are refreshed",
  ),
  STUCK_AFTER_MINUTES: wholeNumber(5, 1_440)
    .default(10)
    .describe("Work is replaced after this many minutes without progress"),
  KEEP_FINISHED_DAYS: wholeNumber(1, 3_650)
    .default(30)
    .describe("How many days the task hub keeps the history of finished work"),
  RECORD_RETENTION_DAYS: wholeNumber(0, 3_650)
    .default(30)
    .describe("How many days the record of a person who has nothing any more is kept"),
});

type Fields = z.output<typeof eachSetting>;

/**
 * The settings, and how they belong together: that is checked even if one alone is wrong, so that all faults are
 * reported at once.
 */
export const settingsSchema = eachSetting.superRefine(checkTogether, { when: () => true });

function checkTogether(settings: Partial<Fields>, context: z.RefinementCtx): void {
  const fault = (name: keyof Fields, message: string) => {
    context.addIssue({ code: "custom", path: [name], message });
  };
  const { KEYCLOAK_WEBHOOK: webhook, KEYCLOAK_WEBHOOK_AUDIENCE: audience } = settings;
  if (webhook === "hmac" && settings.KEYCLOAK_WEBHOOK_SECRET === undefined)
    fault("KEYCLOAK_WEBHOOK_SECRET", "is missing (KEYCLOAK_WEBHOOK is hmac: set the secret that Keycloak signs with)");
  if (webhook === "bearer" && audience === undefined)
    fault("KEYCLOAK_WEBHOOK_AUDIENCE", "is missing (KEYCLOAK_WEBHOOK is bearer: set the audience of its tokens)");
  if (audience !== undefined && audience === settings.OIDC_AUDIENCE)
    fault(
      "KEYCLOAK_WEBHOOK_AUDIENCE",
      "must differ from OIDC_AUDIENCE (choose another: a token for one must not be valid for the other)",
    );
  const realm = settings.KEYCLOAK_REALM ?? realmIn(settings.OIDC_ISSUER ?? "").realm;
  if ((webhook === "hmac" || webhook === "bearer") && realm === undefined)
    fault("KEYCLOAK_REALM", "is missing (OIDC_ISSUER does not end in /realms/NAME: set the realm's name)");
  if (settings.TIMERS_ISSUER !== undefined && settings.TIMERS_ISSUER === settings.OIDC_ISSUER)
    fault("TIMERS_ISSUER", "must differ from OIDC_ISSUER (it is the cluster's own issuer)");
  const database = parseDatabaseUrl(settings.DATABASE_URL ?? "");
  if (settings.DATABASE_AUTH === "entra" && "tls" in database && database.tls !== "verified")
    fault(
      "DATABASE_URL",
      "does not verify the server (DATABASE_AUTH is entra: add ?sslmode=verify-full, so that no other server gets the token)",
    );
  checkLogin(settings, fault);
  if (settings.GUACAMOLE_API_URLS !== undefined && settings.GUACAMOLE_API_USERNAME === undefined)
    fault("GUACAMOLE_API_USERNAME", "is missing (GUACAMOLE_API_URLS is set: set an administrator of Guacamole)");
  if (settings.GUACAMOLE_API_URLS !== undefined && settings.GUACAMOLE_API_PASSWORD === undefined)
    fault("GUACAMOLE_API_PASSWORD", "is missing (GUACAMOLE_API_URLS is set: set the administrator's password)");
  const { KEYCLOAK_ADMIN_CLIENT: client, KEYCLOAK_ADMIN_KEY: key, KEYCLOAK_ADMIN_SECRET: secretOfClient } = settings;
  if (client !== undefined && (key ?? secretOfClient) === undefined)
    fault("KEYCLOAK_ADMIN_KEY", "is missing (KEYCLOAK_ADMIN_CLIENT is set: set its key, or KEYCLOAK_ADMIN_SECRET)");
  if (key !== undefined && secretOfClient !== undefined)
    fault("KEYCLOAK_ADMIN_SECRET", "is set beside KEYCLOAK_ADMIN_KEY (remove it: the key alone is used)");
}

function checkLogin(
  { CLUSTER_AUTH: auth, KUBECONFIG: file, CLUSTER_URL: server, CLUSTER_CA: ca }: Partial<Fields>,
  fault: (name: keyof Fields, message: string) => void,
): void {
  if (auth === "entra" && server === undefined)
    fault("CLUSTER_URL", "is missing (CLUSTER_AUTH is entra: set the address of the API server)");
  if (auth === "entra" && ca === undefined)
    fault(
      "CLUSTER_CA",
      "is missing (CLUSTER_AUTH is entra: set the cluster's CA, so that no other server gets the token)",
    );
  if (auth === "kubeconfig" && file === undefined)
    fault("KUBECONFIG", "is missing (CLUSTER_AUTH is kubeconfig: set the file's path)");
  // Otherwise the product would look for a pod's service account, and say that there is none.
  if (auth === undefined && (server ?? ca) !== undefined)
    fault("CLUSTER_AUTH", "is missing (CLUSTER_URL and CLUSTER_CA count only if it is entra)");
}

export type Settings = Omit<Fields, "OIDC_ALGORITHMS"> & {
  CLUSTER_AUTH: NonNullable<Fields["CLUSTER_AUTH"]>;
  WORKSPACES_NAMESPACE: string;
  GUACD_NAMESPACE: string;
  GUACAMOLE_NAMESPACE: string;
  OIDC_JWKS_URL: string;
  OIDC_ALGORITHMS: readonly string[];
  TIMERS_ISSUER: string;
  KEYCLOAK_REALM: string;
  KEYCLOAK_ADMIN_URL: string;
  /** How desktops are if their workspace says nothing else. */
  desktopDefaults: PolicyTexts;
};

/**
 * Reads all settings at once. Throws one error with a line for each fault: the setting, what is wrong and what to do. Values
 * are not repeated, since some are secret.
 */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const fields = Object.keys(policyFields).filter((field) => Object.hasOwn(given, settingOf(field)));
  const desktopDefaults = Object.fromEntries(fields.map((field) => [field, given[settingOf(field)] ?? ""]));
  const policy = parsePolicy(desktopDefaults);
  const result = settingsSchema.safeParse(given, { reportInput: false });
  const faults = [
    ...(result.error?.issues ?? []).map(({ code, path, message }) => {
      const name = String(path[0]);
      return describeFault(name, code === "invalid_type" && !Object.hasOwn(given, name) ? missing : message);
    }),
    ...("faults" in policy ? policy.faults : []).map(({ field, reason }) => describeFault(settingOf(field), reason)),
  ];
  if (!result.success || faults.length > 0) throw new Error(describeFaults(faults));
  const settings = result.data;
  const { keycloak, realm } = realmIn(settings.OIDC_ISSUER);
  return {
    ...settings,
    desktopDefaults,
    CLUSTER_AUTH: settings.CLUSTER_AUTH ?? (settings.KUBECONFIG === undefined ? "service-account" : "kubeconfig"),
    WORKSPACES_NAMESPACE: settings.WORKSPACES_NAMESPACE ?? settings.NAMESPACE,
    GUACD_NAMESPACE: settings.GUACD_NAMESPACE ?? settings.NAMESPACE,
    GUACAMOLE_NAMESPACE: settings.GUACAMOLE_NAMESPACE ?? settings.NAMESPACE,
    OIDC_JWKS_URL: settings.OIDC_JWKS_URL ?? `${settings.OIDC_ISSUER}/protocol/openid-connect/certs`,
    OIDC_ALGORITHMS: settings.OIDC_ALGORITHMS ?? signatureAlgorithms,
    TIMERS_ISSUER: settings.TIMERS_ISSUER ?? `https://kubernetes.default.svc.${settings.CLUSTER_DOMAIN}`,
    KEYCLOAK_REALM: settings.KEYCLOAK_REALM ?? realm ?? "",
    KEYCLOAK_ADMIN_URL: settings.KEYCLOAK_ADMIN_URL ?? keycloak,
  };
}

/** What is said of a setting, and of a policy's field, that is not given and has no default. */
const missing = "is missing";

function describeFault(name: string, fault: string): string {
  return fault === missing ? `${name} ${missing} (set it: ${descriptions.get(name)})` : `${name} ${fault}`;
}

function describeFaults(faults: readonly string[]): string {
  const lines = [...new Set(faults)].map((fault) => `  ${fault}`); // a number can be wrong in two ways, of the same words
  return [
    "read settings: some are missing or wrong:",
    ...lines,
    "Set them in local.settings.json or as app settings; README lists all",
  ].join("\n");
}

/** Keycloak's issuers are https://host[/path]/realms/NAME. */
function realmIn(issuer: string): { keycloak: string; realm: string | undefined } {
  const [, keycloak = issuer, name] = /^(.*)\/realms\/([^/]+)$/.exec(issuer) ?? [];
  try {
    return { keycloak, realm: name === undefined ? undefined : decodeURIComponent(name) };
  } catch {
    return { keycloak, realm: undefined }; // a % that begins no escape
  }
}

const descriptions = new Map([
  ...Object.entries(eachSetting.shape).map(([name, { description }]) => [name, description] as const),
  ...Object.entries(policyFields).map(([field, { description }]) => [settingOf(field), description] as const),
]);

/** The setting that is a policy field's default: `cpuLimit` is DESKTOP_CPU_LIMIT. */
export function settingOf(field: string): string {
  return `DESKTOP_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function list(fallback?: string) {
  const items = z.string().transform((text) =>
    text
      .split(",")
      .map((item) => item.trim())
      .filter(Boolean),
  );
  return fallback === undefined ? items : items.prefault(fallback);
}

function wholeNumber(least: number, most: number) {
  const fault = `is not a whole number from ${least} to ${most}`;
  return z.coerce.number(fault).int(fault).min(least, fault).max(most, fault);
}

function oneOf<const Words extends readonly string[]>(...words: Words) {
  return z.enum(words, `is not one of ${words.join(", ")}`);
}

function url() {
  return z.url({ error: "is not a URL (https://host/path)", abort: true });
}

function schedule(usual: string) {
  return z
    .string()
    .regex(/^(\S+ ){5}\S+$/, "is not NCRONTAB (six fields, the first for seconds: 0 */5 * * * *)")
    .default(usual);
}

function placeholders() {
  return z.string().transform((text, context): PlaceholderWindow[] => {
    const windows = parsePlaceholders(text);
    if (!("fault" in windows)) return windows;
    context.addIssue({ code: "custom", message: windows.fault });
    return z.NEVER;
  });
}

/** True if paths can be appended to an address, and nobody's account is in it. */
function isBareAddress(address: string): boolean {
  const { username, password, search, hash } = new URL(address);
  return [username, password, search, hash].every((part) => part === "");
}

function isCertificate(base64: string): boolean {
  const text = Buffer.from(base64, "base64").toString("latin1");
  const certificates = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  try {
    return certificates.map((pem) => new X509Certificate(pem)).length > 0;
  } catch {
    return false; // no matter which of them
  }
}

/** Addresses land in logs. */
function hasNoUser(address: string): boolean {
  const { username, password } = new URL(address);
  return username === "" && password === "";
}

function secret() {
  return z.string().min(16, "has fewer than 16 characters (use a longer one: short ones can be guessed)").optional();
}

function privateKey() {
  return z.string().transform((text, context): SigningKey => {
    const read = parseSigningKey(text);
    if ("key" in read) return read.key;
    context.addIssue({ code: "custom", message: read.fault });
    return z.NEVER;
  });
}

function dnsServer() {
  return z.string().transform((text, context): DnsServer => {
    const server = parseDnsServer(text);
    if (!("fault" in server)) return server;
    context.addIssue({ code: "custom", message: server.fault });
    return z.NEVER;
  });
}

function protectedPlace() {
  return z.string().transform((text, context): ProtectedPlace => {
    const place = parseProtectedPlace(text);
    if (place) return place;
    context.addIssue({
      code: "custom",
      message: "has an item that is neither namespace/label=value nor a range (10.0.0.4/32)",
    });
    return z.NEVER;
  });
}

function labels() {
  return z
    .string()
    .regex(/^[^=,\s]+=[^=,\s]+(,[^=,\s]+=[^=,\s]+)*$/, "is not a list of labels (key=value,key=value)")
    .transform((text) => Object.fromEntries(text.split(",").map((pair) => pair.split("=") as [string, string])));
}

/**
 * True if it is one for Java too, by which Guacamole reads it: Java takes `+01:00`, and a name with its letters in another
 * case, for GMT (java.util.TimeZone.getTimeZone).
 */
function isTimeZone(name: string): boolean {
  if (!/^(?:(?:[A-Z][a-z]+|US)\/[A-Z]|[A-Z][^/]*$)/.test(name)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return timeZone === name || timeZone.toLowerCase() !== name.toLowerCase();
  } catch {
    return false; // the constructor is the only test there is: it throws for unknown names
  }
}
