import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreV1Api, NetworkingV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { warnOfEstate } from "../functions/work/warn-of-estate.ts";
import { connectLooks } from "../local/doctor-looks.ts";
import { runDoctor } from "../local/run-doctor.ts";
import { readSettings } from "../shared/config.ts";
import { type Check, type CheckName, checkNames } from "../shared/lifecycle/doctor/check.ts";
import { closedAddress, doctorSays, inState, wordsOf } from "./doctor/doctor.ts";
import { type Broken, type GoodEstate, startGoodEstate } from "./doctor/estate.ts";
import { namespace } from "./estate.ts";

let folder: string;
let good: GoodEstate;
/** Nobody listens there. */
let nowhere: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "doctor-"));
  good = await startGoodEstate(folder);
  nowhere = await closedAddress();
});
afterAll(async () => {
  await good.close();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(() => {
  good.broken = {};
});

const withPort = (url: string) => {
  const { host } = new URL(nowhere);
  return url.replace(/@[^/]+/, `@${host}`);
};

interface Row {
  what: string;
  check: CheckName;
  words: RegExp;
  settings?: () => Record<string, string | undefined>;
  broken?: Broken;
  /** Breaks something in the database or the cluster, and returns how to mend it. */
  breaks?: () => Promise<() => Promise<unknown>>;
  /** What cannot be looked at then. */
  hides?: readonly CheckName[];
}

const sql = (breaking: string, mending: string) => async () => {
  await good.estate.guacamole.query(breaking);
  return () => good.estate.guacamole.query(mending);
};
const ofCluster: readonly CheckName[] = checkNames.slice(
  checkNames.indexOf("cluster-rights"),
  checkNames.indexOf("database"),
);

const rows: readonly Row[] = [
  {
    what: "labels that no guacd has",
    check: "guacd",
    words:
      /^no pod in the namespace guacamole with app=guacamole-daemon, so nobody reaches a desktop \(set GUACD_LABELS/,
    settings: () => ({ GUACD_LABELS: "app=guacamole-daemon" }),
  },
  {
    what: "a namespace without guacd",
    check: "guacd",
    words: /^no pod in the namespace elsewhere with app=guacd/,
    settings: () => ({ GUACD_NAMESPACE: "elsewhere" }),
  },
  {
    what: "labels that no Guacamole has",
    check: "guacamole",
    words: /^no pod in the namespace guacamole with app=guacamole-portal.*\(set GUACAMOLE_LABELS/,
    settings: () => ({ GUACAMOLE_LABELS: "app=guacamole-portal" }),
  },
  {
    what: "nothing that tells which sessions are alive",
    check: "guacamole",
    words: /^a session that a killed Guacamole leaves open .*\(set GUACAMOLE_API_URLS/,
    settings: () => ({ GUACAMOLE_LABELS: undefined }),
  },
  {
    what: "a destination that leads nowhere",
    check: "destinations",
    words: /^DESKTOP_DESTINATIONS: no pod in the namespace nginx with app.kubernetes.io\/name=ingress-nginx \(/,
    settings: () => ({ DESKTOP_DESTINATIONS: "nginx/app.kubernetes.io/name=ingress-nginx:443" }),
  },
  {
    what: "a workspace's policy with a destination that leads nowhere",
    check: "destinations",
    words: /^the policy registry-desktops: no pod in the namespace gone with app=gone \(/,
    async breaks() {
      const core = good.estate.kubeconfig.makeApiClient(CoreV1Api);
      const name = "registry-desktops";
      const policy = await core.readNamespacedConfigMap({ namespace, name });
      const metadata = { name, labels: policy.metadata?.labels ?? {} };
      const write = (data: Record<string, string>) =>
        core.replaceNamespacedConfigMap({ namespace, name, body: { metadata, data } });
      await write({ ...policy.data, destinations: "gone/app=gone:443" });
      return () => write(policy.data ?? {});
    },
  },
  {
    what: "no DNS server where desktops ask",
    check: "dns",
    words: /^no pod in the namespace kube-system with k8s-app=coredns, so desktops find no name \(set CLUSTER_DNS/,
    settings: () => ({ CLUSTER_DNS: "kube-system/k8s-app=coredns:53,169.254.20.10:53" }),
  },
  {
    what: "another template of names than Guacamole's",
    check: "user-names",
    words:
      /^people open their desktops as \{workspace\}@\{username\}, and GUACAMOLE_ENTITY_TEMPLATE is \{username\} \(let GUACAMOLE_ENTITY_TEMPLATE be what Guacamole reads \(\{workspace\}@\{username\}\)/,
    settings: () => ({ GUACAMOLE_ENTITY_TEMPLATE: "{username}" }),
  },
  {
    what: "rows of the operator's only, named by another template",
    check: "user-names",
    words:
      /^desktops are given to users named \{workspace\}@\{username\}, and GUACAMOLE_ENTITY_TEMPLATE is \{username\}/,
    settings: () => ({ GUACAMOLE_ENTITY_TEMPLATE: "{username}" }),
    breaks: sql(
      "UPDATE guacamole_connection_history SET username = 'guacadmin'",
      "UPDATE guacamole_connection_history SET username = 'asthma-cohort@alice'",
    ),
  },
  {
    what: "front channel logout",
    check: "guacamole-client",
    words: /^the client guacamole has front channel logout on, so Keycloak never calls the back channel/,
    broken: { clients: { guacamole: { frontchannelLogout: true } } },
  },
  {
    what: "no back-channel address",
    check: "guacamole-client",
    words: /^the client guacamole has no back-channel logout URL/,
    broken: { clients: { guacamole: { attributes: { "backchannel.logout.session.required": "true" } } } },
  },
  {
    what: "no client of that name",
    check: "guacamole-client",
    words: /^the realm has no client guacamole-portal \(set GUACAMOLE_CLIENT/,
    settings: () => ({ GUACAMOLE_CLIENT: "guacamole-portal" }),
  },
  {
    what: "Guacamole's client, switched off",
    check: "guacamole-client",
    words: /^the client guacamole is disabled, so nobody can log in to Guacamole/,
    broken: { clients: { guacamole: { enabled: false } } },
  },
  {
    what: "callers of whom the realm has none",
    check: "realm-mappers",
    words:
      /^the realm has none of the clients workspace-actoin, cli, so nobody can call the product \(set OIDC_CLIENTS/,
    settings: () => ({ OIDC_CLIENTS: "workspace-actoin,cli" }),
  },
  {
    what: "a caller without our audience",
    check: "realm-mappers",
    words: /^access tokens of the client workspace-action lack the audience guacamole-workspaces, so they are refused/,
    broken: { clients: { "workspace-action": { protocolMappers: [] } } },
  },
  {
    what: "Guacamole's client without the claim",
    check: "realm-mappers",
    words: /^ID tokens of the client guacamole have no claim that can hold \{workspace\}@\{username\}/,
    broken: { clients: { guacamole: { protocolMappers: [] } } },
  },
  {
    what: "people's client without the claim by which bindings let them in",
    check: "realm-mappers",
    words:
      /^access tokens of the client guacamole-workspaces-cli lack the claim groups, by which bindings let people in/,
    broken: {
      clients: {
        "guacamole-workspaces-cli": {
          protocolMappers: [
            {
              protocolMapper: "oidc-audience-mapper",
              config: { "included.custom.audience": "guacamole-workspaces", "access.token.claim": "true" },
            },
          ],
        },
      },
    },
  },
  {
    what: "a wrong secret of the lookup client",
    check: "lookup-client",
    words: /^Keycloak does not let the client realm-admin in: 401/,
    settings: () => ({ KEYCLOAK_ADMIN_SECRET: "another one, of sixteen" }),
    hides: ["guacamole-client", "realm-mappers"],
  },
  {
    what: "a database without Guacamole's tables",
    check: "guacamole-schema",
    words: /^the database has no table guacamole_entity \(/,
    settings: () => ({ DATABASE_URL: (good.settings["DATABASE_URL"] ?? "").replace(/\/guacamole$/, "/postgres") }),
    hides: ["database-rights", "user-names"],
  },
  {
    what: "tables of an unknown version",
    check: "guacamole-schema",
    words:
      /^the tables in public are of no known version of Guacamole: no known version has guacamole_user\.favourite \(/,
    breaks: sql(
      "ALTER TABLE guacamole_user ADD COLUMN favourite text",
      "ALTER TABLE guacamole_user DROP COLUMN favourite",
    ),
  },
  {
    what: "tables of which a part is missing",
    check: "guacamole-schema",
    words: /^the tables in public .* it lacks guacamole_user\.full_name \(run Guacamole's own upgrade scripts/,
    breaks: sql(
      "ALTER TABLE guacamole_user DROP COLUMN full_name",
      "ALTER TABLE guacamole_user ADD COLUMN full_name varchar(256)",
    ),
    hides: ["database-rights", "user-names"],
  },
  {
    what: "a right that the role lost",
    check: "database-rights",
    words: /^the product's role lacks DELETE ON guacamole_connection \(run infra\/database\/role\.sql/,
    breaks: sql(
      "REVOKE DELETE ON guacamole_connection FROM guacamole_workspaces",
      "GRANT DELETE ON guacamole_connection TO guacamole_workspaces",
    ),
  },
  {
    what: "a cluster domain that role.sql was not run for",
    check: "database-rights",
    words: /^role\.sql takes no host that ends in \.guacamole\.svc\.k8s\.example\.org for a desktop's/,
    settings: () => ({ CLUSTER_DOMAIN: "k8s.example.org" }),
    hides: ["user-names"],
  },
  {
    what: "a database that is not there",
    check: "database",
    words: /^reach guacamole's database: it does not answer: .*ECONNREFUSED.* \(check that PostgreSQL runs/,
    settings: () => ({ DATABASE_URL: withPort(good.settings["DATABASE_URL"] ?? "") }),
    hides: ["guacamole-schema", "database-rights", "user-names"],
  },
  {
    what: "a wrong password of the database",
    check: "database",
    words: /^use guacamole's database: PostgreSQL does not let the role in \(code 28P01\) \(check user and password/,
    settings: () => ({ DATABASE_URL: (good.settings["DATABASE_URL"] ?? "").replace(/:[^:@]+@/, ":wrong@") }),
    hides: ["guacamole-schema", "database-rights", "user-names"],
  },
  {
    what: "a database without TLS where it is asked for",
    check: "database",
    words: /^reach guacamole's database: TLS with it did not work/,
    settings: () => ({ DATABASE_URL: `${good.settings["DATABASE_URL"] ?? ""}?sslmode=verify-full` }),
    hides: ["guacamole-schema", "database-rights", "user-names"],
  },
  {
    what: "an issuer that calls itself otherwise",
    check: "issuer",
    words:
      /^the issuer calls itself http:\/\/127.0.0.1:\d+\/realms\/sde, and OIDC_ISSUER is http:\/\/localhost:\d+\/realms\/sde/,
    settings: () => ({ OIDC_ISSUER: (good.settings["OIDC_ISSUER"] ?? "").replace("127.0.0.1", "localhost") }),
  },
  {
    what: "keys that cannot be fetched",
    check: "issuer",
    words: /^the issuer's keys cannot be fetched: .* \(check OIDC_ISSUER and OIDC_JWKS_URL/,
    settings: () => ({ OIDC_JWKS_URL: `${nowhere}/certs` }),
  },
  {
    what: "an API server that is not there",
    check: "cluster",
    words: /the API server does not answer/,
    settings: () => ({ KUBECONFIG: join(folder, "nowhere") }),
    async breaks() {
      const config = good.estate.kubeconfig.exportConfig();
      const server = good.estate.kubeconfig.getCurrentCluster()?.server ?? "";
      await writeFile(join(folder, "nowhere"), config.replaceAll(server, nowhere));
      return () => Promise.resolve();
    },
    hides: [...ofCluster, "realm-mappers"],
  },
  {
    what: "a kubeconfig that is not there",
    check: "cluster",
    words: /^read kubeconfig/,
    settings: () => ({ KUBECONFIG: join(folder, "missing") }),
    hides: [...ofCluster, "realm-mappers"],
  },
  {
    what: "rights that the account lacks",
    check: "cluster-rights",
    words:
      /^the product's account may not get, patch secrets in the namespace guacamole \(apply your overlay of infra\/kubernetes/,
    broken: { rights: ["get secrets", "patch secrets"] },
  },
  {
    what: "custom resources of another version",
    check: "custom-resources",
    words: /^the cluster serves xlscsde\.nhs\.uk as v2, and not as v1, which the product uses/,
    broken: {
      cluster: {
        "/apis": {
          status: 200,
          body: {
            ...{ kind: "APIGroupList", apiVersion: "v1" },
            groups: [
              {
                name: "xlscsde.nhs.uk",
                versions: [{ groupVersion: "xlscsde.nhs.uk/v2", version: "v2" }],
                preferredVersion: { groupVersion: "xlscsde.nhs.uk/v2", version: "v2" },
              },
            ],
          },
        },
      },
    },
  },
  {
    what: "no admission policy",
    check: "admission-policy",
    words: /^no admission policy limits what the product's account may write/,
    broken: { unlimited: true },
  },
  {
    what: "nothing that closes desktops by default",
    check: "default-deny",
    words: /^no NetworkPolicy closes desktop pods by default/,
    async breaks() {
      const networking = good.estate.kubeconfig.makeApiClient(NetworkingV1Api);
      const name = "desktops-default-deny";
      const { metadata, spec } = await networking.readNamespacedNetworkPolicy({ namespace, name });
      await networking.deleteNamespacedNetworkPolicy({ namespace, name });
      const body = { metadata: { name, labels: metadata?.labels ?? {} }, ...(spec && { spec }) };
      return () => networking.createNamespacedNetworkPolicy({ namespace, body });
    },
  },
  {
    what: "a policy that opens every pod",
    check: "isolation",
    words: /^NetworkPolicy allow-all opens desktops beyond what the product allows: /,
    async breaks() {
      const networking = good.estate.kubeconfig.makeApiClient(NetworkingV1Api);
      const spec = { podSelector: {}, policyTypes: ["Ingress", "Egress"], ingress: [{}], egress: [{}] };
      await networking.createNamespacedNetworkPolicy({ namespace, body: { metadata: { name: "allow-all" }, spec } });
      return () => networking.deleteNamespacedNetworkPolicy({ namespace, name: "allow-all" });
    },
  },
];

describe("the doctor", () => {
  it("finds nothing wrong with a good estate, and says of each check what it saw", async () => {
    const { status, checks } = await doctorSays(good.settings);
    for (const name of checkNames)
      expect([name, checks.get(name)?.state, wordsOf(checks, name)]).toEqual([name, "ok", ""]);
    expect(status).toBe(0);
  });

  it.each(rows)("names $what by the check $check, and by no other", async ({ check, words, hides = [], ...row }) => {
    good.broken = row.broken ?? {};
    const mend = await row.breaks?.();
    try {
      const { status, checks } = await doctorSays({ ...good.settings, ...row.settings?.() });
      expect(wordsOf(checks, check)).toMatch(words);
      expect(inState(checks, "wrong")).toEqual([check]);
      expect(inState(checks, "not known")).toEqual(hides);
      expect(status).toBe(1);
    } finally {
      await mend?.();
    }
  });

  it.each<[string, Broken]>([
    ["refuses to show its clients", { hidden: true }],
    // As 25 does it: there is no client, not even the one that asks.
    ["shows no client at all", { clients: { "realm-admin": null, guacamole: null } }],
  ])("is not sure where Keycloak %s, and never says ok then", async (_, broken) => {
    good.broken = broken;
    const { status, checks } = await doctorSays(good.settings);
    expect(inState(checks, "not known")).toEqual(["guacamole-client", "realm-mappers"]);
    expect(wordsOf(checks, "guacamole-client")).toMatch(
      /^how clients are set up is hidden from realm-admin \(look in Keycloak's console/,
    );
    expect(status).toBe(2);
  });

  it("is not sure where nobody has opened a desktop", async () => {
    const open =
      "INSERT INTO guacamole_connection_history (username, connection_id, connection_name, start_date) SELECT 'asthma-cohort@alice', connection_id, connection_name, now() FROM guacamole_connection";
    await good.estate.guacamole.query("DELETE FROM guacamole_connection_history");
    const { checks } = await doctorSays(good.settings);
    expect(inState(checks, "not known")).toEqual(["user-names"]);
    await good.estate.guacamole.query(open);
  });

  it("does not check what the settings do not ask for", async () => {
    const { status, checks } = await doctorSays({
      ...good.settings,
      ...{ KEYCLOAK_ADMIN_CLIENT: undefined, KEYCLOAK_ADMIN_SECRET: undefined },
    });
    expect(inState(checks, "not used")).toEqual(["lookup-client"]);
    expect(inState(checks, "not known")).toEqual(["guacamole-client", "realm-mappers"]);
    expect(status).toBe(2);
  });

  it("says which settings are wrong before it looks at anything, and repeats no value", async () => {
    const { status, checks } = await doctorSays({
      ...good.settings,
      TIME_ZONE: "Europe/Nowhere",
      DATABASE_URL: undefined,
    });
    expect([...checks.keys()]).toEqual(["settings"]);
    expect(wordsOf(checks, "settings")).toMatch(
      /^TIME_ZONE is not an IANA time zone .*\nDATABASE_URL is missing \(set it: .*\)$/,
    );
    expect(JSON.stringify([...checks])).not.toContain("Nowhere");
    expect(status).toBe(1);
  });
});

describe("the doctor's command", () => {
  const printed = async (args: readonly string[], environment: Record<string, string | undefined> = {}) => {
    const lines: string[] = [];
    const status = await runDoctor(args, environment, (line) => lines.push(line));
    return { status, lines };
  };

  it("prints each check in one line, and how many ended how", async () => {
    const { status, lines } = await printed([], { ...good.settings, GUACD_LABELS: "app=other" });
    expect(lines).toContain("ok         database          Guacamole's database answers, and can be written");
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^wrong {6}guacd {13}no pod in the namespace guacamole with app=other, .*: set GUACD_LABELS/,
      ),
    );
    expect(lines.at(-1)).toBe(`1 wrong, ${checkNames.length - 1} ok`);
    expect(status).toBe(1);
  });

  it.each([
    ["local.settings.json", (values: object) => ({ IsEncrypted: false, Values: values })],
    [
      "a list of the Azure CLI",
      (values: object) =>
        Object.entries(values).map(([name, value]) => ({ name, slotSetting: false, value: value as string })),
    ],
  ])("takes the settings from %s", async (_, content) => {
    const file = join(folder, "settings.json");
    await writeFile(file, JSON.stringify(content(good.settings)));
    expect((await printed(["--settings", file])).status).toBe(0);
  });

  it("says of a file that is no list of settings what it should be, and of an administrator's kubeconfig which option it is", async () => {
    const file = join(folder, "list.json");
    await writeFile(file, JSON.stringify([{ name: "DATABASE_URL", value: "secret" }, null]));
    const { lines } = await printed(["--settings", file]);
    expect(lines[0]).toMatch(
      /^wrong {6}settings {2}read .*list\.json: it has no Values: name local\.settings\.json or/,
    );
    await expect(printed(["--administrator", join(folder, "missing")], { ...good.settings })).rejects.toThrow(
      /^use --administrator .*missing: read kubeconfig: ENOENT[^(]* \(name a kubeconfig\)$/,
    );
  });

  it.each([
    ["an option that there is none of", ["--quiet"], 64],
    ["a question for help", ["--help"], 0],
  ])("explains itself to %s", async (_, args, expected) => {
    const { status, lines } = await printed(args);
    expect(lines.join("\n")).toContain(
      "Exit status: 0 all is well, 1 something is wrong, 2 nothing is known to be wrong",
    );
    expect(status).toBe(expected);
  });
});

describe("at its start the app", () => {
  const warnings = async (environment: Record<string, string>) => {
    const lines: string[] = [];
    const connected = connectLooks(readSettings(environment), undefined);
    await warnOfEstate(connected.looks, (words) => lines.push(words));
    await connected.close();
    return lines;
  };

  it("warns of nothing in a good estate, nor of what it cannot see", async () => {
    expect(await warnings({ ...good.settings })).toEqual([]);
    good.broken = { hidden: true };
    expect(await warnings({ ...good.settings })).toEqual([]);
  });

  it("warns once of each thing that is wrong", async () => {
    good.broken = { unlimited: true };
    expect(await warnings({ ...good.settings, GUACD_LABELS: "app=other" })).toEqual([
      expect.stringMatching(/^the estate is not right: admission-policy: no admission policy limits .* \(apply infra/),
      expect.stringMatching(/^the estate is not right: guacd: no pod in the namespace guacamole with app=other/),
    ]);
  });

  it("is not stopped by systems that do not answer", async () => {
    const gone = { ...good.settings, DATABASE_URL: withPort(good.settings["DATABASE_URL"] ?? "") };
    expect(await warnings({ ...gone, KUBECONFIG: join(folder, "missing") })).toEqual([
      expect.stringMatching(/^the estate is not right: cluster: /),
      expect.stringMatching(/^the estate is not right: database: /),
    ]);
  });
});

describe("GET /maintenance/doctor", () => {
  it("answers the same to administrators, and nothing to others", async () => {
    const { status, body } = await good.estate.call<{ state: string; checks: Check[] }>(
      "olga",
      "GET",
      "/maintenance/doctor",
    );
    expect(status).toBe(200);
    const { checks } = await doctorSays(good.settings);
    // Settings that cannot be read leave no app to ask.
    const others = [...checks.values()].filter(({ name }) => name !== "settings");
    expect(body).toMatchObject({ state: "ok", checks: others });
    for (const name of ["alice", "bob"])
      expect((await good.estate.call(name, "GET", "/maintenance/doctor")).status).toBe(403);
    expect((await good.estate.callAsService("GET", "/maintenance/doctor")).status).toBe(403);
  });
});
