import { generateKeyPairSync } from "node:crypto";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { clusterCertificate } from "../test/cluster-certificate.ts";
import { readSettings, settingOf, settingsSchema } from "./config.ts";
import { policyFields } from "./desktop/policy.ts";

const valid = {
  DESKTOP_IMAGE: "example.org/desktop:1",
  DATABASE_URL: "postgres://u:secret@127.0.0.1/guacamole",
  GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
  OIDC_ISSUER: "http://127.0.0.1:8081/realms/sde",
  OIDC_AUDIENCE: "us",
  OIDC_CLIENTS: "a, b",
};

function ca(text = clusterCertificate.cert): string {
  return Buffer.from(text).toString("base64");
}

/** A private key as `npm run new-key` makes it, with other fields. */
function key(fields: object = {}): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "k1", alg: "ES256", ...fields });
}

function shortKey(): string {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 1_024 });
  return JSON.stringify({ ...privateKey.export({ format: "jwk" }), kid: "k1", alg: "RS256" });
}

/** What a start with these settings says; empty if they are accepted. */
function messageFor(given: Record<string, string>): string {
  try {
    readSettings(given);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

describe("settings", () => {
  it("fill in what is not given", () => {
    expect(readSettings(valid)).toMatchObject({
      NAMESPACE: "guacamole",
      WORKSPACES_NAMESPACE: "guacamole",
      GUACD_NAMESPACE: "guacamole",
      OIDC_JWKS_URL: "http://127.0.0.1:8081/realms/sde/protocol/openid-connect/certs",
      OIDC_ALGORITHMS: ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"],
      OIDC_CLIENTS: ["a", "b"],
      GUACD_LABELS: { app: "guacd" },
      CLUSTER_DNS: [
        { namespace: "kube-system", label: ["k8s-app", "kube-dns"], port: 53 },
        { namespace: "kube-system", label: ["k8s-app", "node-local-dns"], port: 53 },
        { cidr: "169.254.20.10/32", port: 53 },
        { namespace: "openshift-dns", label: ["dns.operator.openshift.io/daemonset-dns", "default"], port: 5353 },
      ],
      desktopDefaults: { image: "example.org/desktop:1" },
    });
  });

  it.each([
    ["169.254.169.254:53", /CLUSTER_DNS names an address that clouds have for themselves/],
    ["10.96.0.10", /CLUSTER_DNS has an item without a port/],
    ["*/k8s-app=kube-dns:53,dns.example.org:53", /CLUSTER_DNS has an item that is neither/],
    [",", /CLUSTER_DNS names no server/],
  ])("do not let desktops ask %s for names", (servers, fault) => {
    expect(messageFor({ ...valid, CLUSTER_DNS: servers })).toMatch(fault);
  });

  it.each(["europe/london", "EUROPE/LONDON", "utc", "gb", "asia/kolkata", "ASIA/KOLKATA", "+01:00", "-0500"])(
    "do not name a time zone %s, which Guacamole would take for GMT",
    (zone) => {
      expect(messageFor({ ...valid, TIME_ZONE: zone })).toMatch(/TIME_ZONE is not an IANA time zone/);
    },
  );

  it.each([
    "UTC",
    "GMT",
    "GB",
    "Etc/UTC",
    "Etc/GMT+5",
    "Europe/Kyiv",
    "US/Eastern",
    "EST5EDT",
    "America/Port-au-Prince",
  ])("name a time zone %s", (zone) => {
    expect(readSettings({ ...valid, TIME_ZONE: zone }).TIME_ZONE).toBe(zone);
  });

  it.each(["HS256", "RS256,HS512", "none", "rs256", ","])("never accept tokens signed by %s", (algorithms) => {
    expect(messageFor({ ...valid, OIDC_ALGORITHMS: algorithms })).toMatch(/OIDC_ALGORITHMS names (an|no) algorithm/);
  });

  it("of desktops are the fields of a policy", () => {
    expect(settingOf("unschedulableGraceSeconds")).toBe("DESKTOP_UNSCHEDULABLE_GRACE_SECONDS");
    const given = { ...valid, DESKTOP_CPU_LIMIT: "4", DESKTOP_ALLOW_COPY: "", DESKTOP_SESSION: "gnome" };
    expect(readSettings(given).desktopDefaults).toEqual({ image: "example.org/desktop:1", cpuLimit: "4" });
  });

  it("that are missing or wrong are all named at once, with the reason", () => {
    const read = () =>
      readSettings({ ...valid, DESKTOP_IMAGE: "", TIME_ZONE: "Mars/Base", DESKTOP_READY_WITHIN_SECONDS: "soon" });
    expect(read).toThrow(/DESKTOP_IMAGE is missing.*README lists all/s);
    expect(read).toThrow(/TIME_ZONE is not an IANA time zone/);
    expect(read).toThrow(/DESKTOP_READY_WITHIN_SECONDS is not a whole number/);
  });

  it.each([
    ["DATABASE_URL", "mysql://u:secret@h/db"],
    ["DATABASE_URL", "postgres://u:secret#1@h/db"],
    ["DATABASE_URL", "postgres://u:1/secret@h/db"],
    ["DATABASE_URL", "postgres://u:1?secret@h/db"],
    ["DATABASE_URL", "postgres://u:p@h/db?secret=1"],
    ["DATABASE_SERVER_ID", "secret"],
    ["GUACAMOLE_ENTITY_TEMPLATE", "secret-{username}"],
    ["GUACAMOLE_ENTITY_TEMPLATE", "{username}@secret"],
    ["GUACAMOLE_ENTITY_TEMPLATE", "{username}{username}secret"],
    ["GUACAMOLE_URL", "secret"],
    ["GUACD_LABELS", "secret"],
    ["DESKTOP_DESTINATIONS", "secret"],
    ["CLUSTER_DNS", "secret"],
    ["CLUSTER_DNS", "*/secret=a"],
    ["CLUSTER_DNS", "169.254.169.254:53,*/secret=a:53"],
    ["DESKTOP_CPU_LIMIT", "secret"],
    ["OIDC_CLOCK_SKEW_SECONDS", "61"],
    ["KEYCLOAK_WEBHOOK", "secret"],
    ["KEYCLOAK_WEBHOOK_SECRET", "a secret"],
    ["LEAVE_GRACE_MINUTES", "1441"],
    ["GUACAMOLE_API_URLS", "https://one,two"],
    ["GUACAMOLE_API_URLS", "https://:secret@one"],
  ])("%s is checked, and its value never repeated", (name, value) => {
    const message = messageFor({ ...valid, [name]: value });
    expect(message).toContain(name);
    expect(message).not.toContain("secret");
  });

  it("that are wrong stand one per line in the message, each with what to do", () => {
    const given = {
      ...valid,
      OIDC_AUDIENCE: "",
      TIME_ZONE: "Mars/Base",
      KEYCLOAK_ADMIN_CLIENT: "reader",
      DESKTOP_IMAGE: "",
    };
    expect(messageFor(given).split("\n")).toEqual([
      "read settings: some are missing or wrong:",
      "  TIME_ZONE is not an IANA time zone (for example Europe/London)",
      "  OIDC_AUDIENCE is missing (set it: Our name in the `aud` of access tokens)",
      "  KEYCLOAK_ADMIN_KEY is missing (KEYCLOAK_ADMIN_CLIENT is set: set its key, or KEYCLOAK_ADMIN_SECRET)",
      "  DESKTOP_IMAGE is missing (set it: Image of the desktop's container, by digest where possible)",
      "Set them in local.settings.json or as app settings; README lists all",
    ]);
  });

  it.each([...Object.keys(settingsSchema.shape), ...Object.keys(policyFields).map(settingOf)])(
    "%s never shows its value, and is told in our words",
    (name) => {
      const message = messageFor({ ...valid, TIME_ZONE: "Mars/Base", [name]: "hunter2 hunter2" });
      expect(message).not.toMatch(/hunter2|Mars|Invalid|expected/);
      for (const line of message.split("\n").slice(1, -1)) expect(line).toMatch(/^ {2}[A-Z_]+ [a-z]/);
    },
  );

  it.each<[string, Record<string, string>, RegExp]>([
    ["a webhook that is signed with a secret", { KEYCLOAK_WEBHOOK: "hmac" }, /KEYCLOAK_WEBHOOK_SECRET is missing/],
    ["a webhook that the realm signs", { KEYCLOAK_WEBHOOK: "bearer" }, /KEYCLOAK_WEBHOOK_AUDIENCE is missing/],
    [
      "one audience for webhook and access tokens",
      { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: "desktops", OIDC_AUDIENCE: "desktops" },
      /must differ from OIDC_AUDIENCE/,
    ],
    [
      "a webhook of a realm that nobody named",
      { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: "hooks", OIDC_ISSUER: "https://login.example" },
      /KEYCLOAK_REALM is missing/,
    ],
    [
      "a webhook of a realm whose name cannot be read",
      {
        KEYCLOAK_WEBHOOK: "bearer",
        KEYCLOAK_WEBHOOK_AUDIENCE: "hooks",
        OIDC_ISSUER: "https://login.example/realms/%zz",
      },
      /KEYCLOAK_REALM is missing/,
    ],
    ["Guacamole's API without a user", { GUACAMOLE_API_URLS: "https://one" }, /GUACAMOLE_API_USERNAME is missing/],
    ["Guacamole's API without a password", { GUACAMOLE_API_URLS: "https://one" }, /GUACAMOLE_API_PASSWORD is missing/],
    ...["", "?sslmode=disable", "?sslmode=prefer", "?sslmode=no-verify", "?ssl=false", "?host=/run"].map(
      (end): [string, Record<string, string>, RegExp] => [
        `a token and a server that is not verified (${end})`,
        { DATABASE_AUTH: "entra", DATABASE_URL: `postgres://u@h/db${end}` },
        /DATABASE_URL does not verify the server \(DATABASE_AUTH is entra: add \?sslmode=verify-full/,
      ],
    ),
    [
      "an admin client without its key or secret",
      { KEYCLOAK_ADMIN_CLIENT: "reader" },
      /KEYCLOAK_ADMIN_KEY is missing \(KEYCLOAK_ADMIN_CLIENT is set: set its key, or KEYCLOAK_ADMIN_SECRET\)/,
    ],
    [
      "an admin client with a key and a secret",
      { KEYCLOAK_ADMIN_KEY: key(), KEYCLOAK_ADMIN_SECRET: "s".repeat(16) },
      /KEYCLOAK_ADMIN_SECRET is set beside KEYCLOAK_ADMIN_KEY/,
    ],
    ["entra without the API server", { CLUSTER_AUTH: "entra", CLUSTER_CA: ca() }, /CLUSTER_URL is missing/],
    ["entra without a CA", { CLUSTER_AUTH: "entra", CLUSTER_URL: "https://c" }, /CLUSTER_CA is missing/],
    ["kubeconfig without a file", { CLUSTER_AUTH: "kubeconfig" }, /KUBECONFIG is missing/],
    ["an API server, and nothing that uses it", { CLUSTER_URL: "https://c" }, /CLUSTER_AUTH is missing/],
    ["a CA, and nothing that uses it", { CLUSTER_CA: ca(), KUBECONFIG: "/c" }, /CLUSTER_AUTH is missing/],
  ])("that belong together are checked together: %s", (_name, given, fault) => {
    expect(() => readSettings({ ...valid, ...given })).toThrow(fault);
    expect(messageFor({ ...valid, ...given, GUACAMOLE_URL: "" }), "beside one that is missing").toMatch(fault);
  });

  it.each<[string, Record<string, string>, object]>([
    ["the pod's account", {}, { CLUSTER_AUTH: "service-account" }],
    ["a kubeconfig if there is one", { KUBECONFIG: "/c" }, { CLUSTER_AUTH: "kubeconfig" }],
    [
      "the pod's account, if that is said",
      { CLUSTER_AUTH: "service-account", KUBECONFIG: "/c" },
      { CLUSTER_AUTH: "service-account" },
    ],
    [
      "the app's identity",
      { CLUSTER_AUTH: "entra", CLUSTER_URL: "https://aks.example:443/", CLUSTER_CA: ca() },
      { CLUSTER_AUTH: "entra", CLUSTER_URL: "https://aks.example:443", CLUSTER_CA: ca() },
    ],
  ])("log in to the cluster as %s", (_, given, read) => {
    expect(readSettings({ ...valid, ...given })).toMatchObject(read);
  });

  it.each<[RegExp, Record<string, string>]>([
    [/CLUSTER_URL is not an address with TLS/, { CLUSTER_URL: "http://aks.example" }],
    [/CLUSTER_URL is not an address with TLS/, { CLUSTER_URL: "aks.example:443" }],
    [/CLUSTER_URL has more than a host/, { CLUSTER_URL: "https://u:hunter2@aks.example" }],
    [/CLUSTER_URL has more than a host/, { CLUSTER_URL: "https://aks.example/?hunter2" }],
    [/CLUSTER_CA is no PEM certificate in base64/, { CLUSTER_CA: clusterCertificate.cert }],
    [/CLUSTER_CA is no PEM certificate/, { CLUSTER_CA: ca("hunter2") }],
    [/CLUSTER_CA is no PEM certificate/, { CLUSTER_CA: ca(clusterCertificate.cert.replace("MII", "MIJ")) }],
    [/CLUSTER_CA is no PEM certificate/, { CLUSTER_CA: ca(clusterCertificate.key) }],
    [/CLUSTER_AUTH is not one of entra, service-account, kubeconfig/, { CLUSTER_AUTH: "token" }],
    [/KEYCLOAK_ADMIN_KEY is not a JWK: not JSON/, { KEYCLOAK_ADMIN_KEY: "hunter2" }],
    [/KEYCLOAK_ADMIN_KEY is not usable/, { KEYCLOAK_ADMIN_KEY: '"hunter2"' }],
    [/it has no kid \(infra/, { KEYCLOAK_ADMIN_KEY: key({ kid: undefined }) }],
    [/it has no alg, or none of RS256/, { KEYCLOAK_ADMIN_KEY: key({ alg: "HS256" }) }],
    [/it has no private half/, { KEYCLOAK_ADMIN_KEY: key({ d: undefined }) }],
    [/KEYCLOAK_ADMIN_KEY is not a private key/, { KEYCLOAK_ADMIN_KEY: key({ x: "hunter2" }) }],
    [/has a private half of another key/, { KEYCLOAK_ADMIN_KEY: key({ d: (JSON.parse(key()) as { d: string }).d }) }],
    [/KEYCLOAK_ADMIN_KEY has a key that is not one of RS256/, { KEYCLOAK_ADMIN_KEY: key({ alg: "RS256" }) }],
    [/KEYCLOAK_ADMIN_KEY has fewer than 2048 bits/, { KEYCLOAK_ADMIN_KEY: shortKey() }],
  ])("of a login are refused if they are no use, and not repeated: %s", (fault, given) => {
    const message = messageFor({ ...valid, ...given });
    expect(message).toMatch(fault);
    expect(message).not.toContain("hunter2");
  });

  it.each<[string, Record<string, string>]>([
    ["a webhook that is signed with a secret", { KEYCLOAK_WEBHOOK: "hmac", KEYCLOAK_WEBHOOK_SECRET: "s".repeat(16) }],
    ["a webhook that the realm signs", { KEYCLOAK_WEBHOOK: "bearer", KEYCLOAK_WEBHOOK_AUDIENCE: "hooks" }],
    [
      "a webhook of a realm that is named",
      {
        KEYCLOAK_WEBHOOK: "bearer",
        KEYCLOAK_WEBHOOK_AUDIENCE: "hooks",
        KEYCLOAK_REALM: "sde",
        OIDC_ISSUER: "https://login.example",
      },
    ],
    [
      "Guacamole's API with a user and a password",
      { GUACAMOLE_API_URLS: "https://one", GUACAMOLE_API_USERNAME: "reader", GUACAMOLE_API_PASSWORD: "p" },
    ],
    ...["sslmode=require", "sslmode=verify-ca", "sslmode=verify-full", "ssl=true", "sslrootcert=/ca.pem"].map(
      (end): [string, Record<string, string>] => [
        `a token and a server that is verified (${end})`,
        { DATABASE_AUTH: "entra", DATABASE_URL: `postgres://u@h/db?${end}` },
      ],
    ),
    ["an admin client and its secret", { KEYCLOAK_ADMIN_CLIENT: "reader", KEYCLOAK_ADMIN_SECRET: "s".repeat(16) }],
  ])("that belong together are accepted together: %s", (_name, given) => {
    expect(readSettings({ ...valid, ...given })).toMatchObject({ OIDC_AUDIENCE: "us" });
  });

  it("know the realm and Keycloak's address from the issuer", () => {
    const read = (issuer: string) => readSettings({ ...valid, OIDC_ISSUER: issuer });
    expect(read("https://login.example/auth/realms/research%20env")).toMatchObject({
      KEYCLOAK_REALM: "research env",
      KEYCLOAK_ADMIN_URL: "https://login.example/auth",
    });
  });

  it("are all in the README's table, with their descriptions, and nothing else is", async () => {
    const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
    const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)].map(([, name, , meaning]) => [
      name,
      meaning?.replaceAll("\\|", "|"),
    ]);
    const wanted = Object.entries(settingsSchema.shape).map(([name, schema]) => [name, schema.description]);
    expect(rows).toEqual(wanted);
  });

  it("in the sample file are settings of ours or of the Functions host", async () => {
    const sample = JSON.parse(await readFile(new URL("../local.settings.sample.json", import.meta.url), "utf8")) as {
      Values: Record<string, string>;
    };
    const host = [
      "FUNCTIONS_WORKER_RUNTIME",
      "AzureWebJobsStorage",
      "TASKHUB_NAME",
      "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT",
      "AzureWebJobsDisableHomepage",
    ];
    const desktops = Object.keys(policyFields).map(settingOf);
    const unknown = Object.keys(sample.Values).filter(
      (name) => !host.includes(name) && !(name in settingsSchema.shape) && !desktops.includes(name),
    );
    expect(unknown).toEqual([]);
    expect(() => readSettings(sample.Values)).not.toThrow();
  });
});
