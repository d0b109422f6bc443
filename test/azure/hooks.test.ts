import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Hooks, hooksOfAzure } from "./hook.ts";

const identity = "0a1b2c3d-0000-4000-8000-00000000beef";
const zeros = "00000000-0000-0000-0000-000000000000";

let hooks: Hooks;
beforeEach(async () => {
  hooks = await hooksOfAzure();
});
afterEach(() => hooks.close());

describe("cluster-access.sh", () => {
  /** Answers as kubectl does, as far as the hook asks. */
  const kubectl = (overlay = `a: ${zeros}\nb: is '${zeros}' or ${zeros}\n`) =>
    hooks.program(
      "kubectl",
      `case $1 in
        config) echo https://aks.example:443 ;;
        kustomize) printf '%s' "${overlay}" ;;
        apply) cat > "$NOTES/applied" ;;
      esac`,
    );

  it("applies the overlay with the identity wherever it has none, as AKS spells it", async () => {
    await kubectl();
    const { code, calls, stdout } = await hooks.run("cluster-access.sh", {
      APP_IDENTITY_OBJECT_ID: identity.toUpperCase(),
    });
    expect(code).toBe(0);
    expect(calls).toEqual([
      "kubectl [kustomize] [infra/kubernetes/overlays/aks]",
      "kubectl [apply] [--server-side] [--filename] [-]",
    ]);
    expect(await hooks.noted("applied")).toBe(`a: ${identity}\nb: is '${identity}' or ${identity}\n`);
    expect(stdout).toContain(`The identity ${identity} may do`);
  });

  it("with --dry-run changes nothing, and takes another overlay", async () => {
    await kubectl();
    const other = { APP_IDENTITY_OBJECT_ID: identity, CLUSTER_OVERLAY: "elsewhere" };
    expect((await hooks.run("cluster-access.sh", other, "--dry-run")).calls).toEqual([
      "kubectl [kustomize] [elsewhere]",
      "kubectl [apply] [--server-side] [--dry-run=server] [--filename] [-]",
    ]);
  });

  it.each([
    ["no identity", {}, "APP_IDENTITY_OBJECT_ID is not set"],
    ["a name instead of an id", { APP_IDENTITY_OBJECT_ID: "id-app" }, "not the object id"],
    ["the overlay's own zeros", { APP_IDENTITY_OBJECT_ID: zeros }, "only zeros"],
    [
      "a context that leads elsewhere",
      { APP_IDENTITY_OBJECT_ID: identity, CLUSTER_URL: "https://other.example" },
      "leads to https://aks.example:443, and the app to https://other.example",
    ],
  ])("refuses %s, and applies nothing", async (_, environment, reason) => {
    await kubectl();
    const { code, stderr, calls } = await hooks.run("cluster-access.sh", environment);
    expect(code).toBe(1);
    expect(stderr).toContain(`cluster-access.sh: `);
    expect(stderr).toContain(reason);
    expect(calls.filter((call) => call.includes("[apply]"))).toEqual([]);
  });

  it("takes an address with and without the usual port for the same", async () => {
    await kubectl();
    const environment = { APP_IDENTITY_OBJECT_ID: identity, CLUSTER_URL: "https://aks.example/" };
    expect(await hooks.run("cluster-access.sh", environment)).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses an overlay that gives rights to somebody else", async () => {
    await kubectl("a: system:serviceaccount\n");
    const { code, stderr, calls } = await hooks.run("cluster-access.sh", { APP_IDENTITY_OBJECT_ID: identity });
    expect(code).toBe(1);
    expect(stderr).toContain("names no identity to replace");
    expect(calls).toHaveLength(1);
  });

  it("fails if the overlay cannot be rendered, or the cluster refuses it", async () => {
    await hooks.program("kubectl", "exit 3");
    expect((await hooks.run("cluster-access.sh", { APP_IDENTITY_OBJECT_ID: identity })).code).not.toBe(0);
    await hooks.program("kubectl", `case $1 in kustomize) echo ${zeros} ;; apply) exit 1 ;; esac`);
    const { code, stdout } = await hooks.run("cluster-access.sh", { APP_IDENTITY_OBJECT_ID: identity });
    expect(code).not.toBe(0);
    expect(stdout).toBe("");
  });

  it("says that kubectl is not there", async () => {
    expect((await hooks.run("cluster-access.sh")).stderr).toContain("kubectl is not there (install it");
  });
});

describe("cluster-address.sh", () => {
  beforeEach(() =>
    hooks.program("kubectl", 'case "$*" in *server*) echo https://aks.example:443 ;; *authority*) echo Q0E= ;; esac'),
  );

  it("tells azd the cluster of the current context", async () => {
    await hooks.program("azd");
    const { code, calls } = await hooks.run("cluster-address.sh");
    expect(code).toBe(0);
    expect(calls.filter((call) => call.startsWith("azd"))).toEqual([
      "azd [env] [set] [CLUSTER_URL] [https://aks.example:443]",
      "azd [env] [set] [CLUSTER_CA] [Q0E=]",
    ]);
  });

  it("leaves a cluster that was chosen", async () => {
    const chosen = { CLUSTER_URL: "https://chosen.example", CLUSTER_CA: "Q0E=" };
    expect(await hooks.run("cluster-address.sh", chosen)).toMatchObject({ code: 0, calls: [] });
  });

  it("prints it for people without azd", async () => {
    const { stdout } = await hooks.run("cluster-address.sh", {}, "--print");
    expect(stdout).toBe("CLUSTER_URL=https://aks.example:443\nCLUSTER_CA=Q0E=\n");
    expect((await hooks.run("cluster-address.sh")).stderr).toContain("azd is not there (without it, use --print)");
  });

  it("refuses a context without a certificate authority", async () => {
    await hooks.program("kubectl", 'case "$*" in *server*) echo https://aks.example ;; esac');
    const { code, stderr } = await hooks.run("cluster-address.sh", {}, "--print");
    expect(code).toBe(1);
    expect(stderr).toContain("names no server with its certificate authority");
  });
});

describe("database-role.sh", () => {
  const environment = {
    DATABASE_HOST: "sde.postgres.database.azure.com",
    DATABASE_ROLE: "id-app",
    APP_IDENTITY_OBJECT_ID: identity,
    DATABASE_ADMIN_NAME: "Database Administrators",
    PGSSLROOTCERT: "/ca.pem",
  };
  const always = `[--no-psqlrc] [--quiet] [--set] [ON_ERROR_STOP=1] [--set] [role=id-app] [--set] [object_id=${identity}]`;
  const noteEnvironment =
    'echo "$PGUSER@$PGHOST:$PGPORT $PGSSLMODE $PGSSLROOTCERT $PGPASSWORD" >> "$NOTES/environment"';

  it("makes the role where Entra's roles are made, then grants it what the product needs", async () => {
    await hooks.program("psql", noteEnvironment);
    await hooks.program("az", "echo token-of-az");
    const { code, calls, stdout } = await hooks.run("database-role.sh", environment);
    expect(code).toBe(0);
    expect(calls).toEqual([
      "az [account] [get-access-token] [--scope] [https://ossrdbms-aad.database.windows.net/.default] [--query] [accessToken] [--output] [tsv]",
      `psql ${always} [--dbname] [postgres] [--file] [infra/azure/hooks/entra-role.sql]`,
      `psql ${always} [--dbname] [guacamole] [--file] [infra/database/role.sql]`,
      `psql ${always} [--dbname] [guacamole] [--file] [infra/azure/hooks/grant-role.sql]`,
    ]);
    const line = "Database Administrators@sde.postgres.database.azure.com:5432 verify-full /ca.pem token-of-az\n";
    expect(await hooks.noted("environment")).toBe(line.repeat(3));
    // The token is in no argument, which everybody on the machine can read, and is not printed.
    expect(calls.join("") + stdout).not.toContain("token-of-az");
  });

  it("takes a token that is given, or azd's", async () => {
    await hooks.program("psql", noteEnvironment);
    expect((await hooks.run("database-role.sh", environment)).stderr).toContain("there is no token for the database");
    await hooks.program("azd", "echo token-of-azd");
    await hooks.run("database-role.sh", environment);
    expect(await hooks.noted("environment")).toContain("token-of-azd");
    const { calls } = await hooks.run("database-role.sh", { ...environment, PGPASSWORD: "given" });
    expect(calls.filter((call) => call.startsWith("azd"))).toHaveLength(1);
    expect(await hooks.noted("environment")).toContain("given");
  });

  it.each(["DATABASE_HOST", "DATABASE_ROLE", "APP_IDENTITY_OBJECT_ID", "DATABASE_ADMIN_NAME"])(
    "does nothing without %s",
    async (name) => {
      await hooks.program("psql");
      const { code, stderr, calls } = await hooks.run("database-role.sh", { ...environment, [name]: "" });
      expect(code).toBe(1);
      expect(stderr).toContain(`database-role.sh: ${name} is not set (`);
      expect(calls).toEqual([]);
    },
  );

  it("stops at the first statement that the server refuses", async () => {
    await hooks.program("psql", "echo 'psql: no route' >&2; exit 2");
    const { code, stderr, calls } = await hooks.run("database-role.sh", { ...environment, PGPASSWORD: "given" });
    expect(code).toBe(1);
    expect(stderr).toBe(
      "psql: no route\ndatabase-role.sh: sde.postgres.database.azure.com: psql failed with what stands above (once that is put right, run this again: nothing is done twice)\n",
    );
    expect(calls).toHaveLength(1);
  });
});

describe("postprovision.sh", () => {
  it("goes to the cluster before the database, and stops if that fails", async () => {
    const { code, stderr } = await hooks.run("postprovision.sh");
    expect(code).toBe(1);
    expect(stderr).toContain("cluster-access.sh: ");
    expect(stderr).not.toContain("database-role.sh: ");
    expect((await hooks.run("postprovision.sh", { CLUSTER_HOOK: "off" })).stderr).toContain("database-role.sh: ");
  });

  it("leaves out what is off, and says how to do it", async () => {
    const { code, stdout } = await hooks.run("postprovision.sh", { CLUSTER_HOOK: "off", DATABASE_HOOK: "off" });
    expect(code).toBe(0);
    expect(stdout).toContain("run infra/azure/hooks/cluster-access.sh where");
    expect(stdout).toContain("run infra/azure/hooks/database-role.sh where");
  });

  it("does not take another word for off", async () => {
    const { code, stderr } = await hooks.run("postprovision.sh", { CLUSTER_HOOK: "no" });
    expect(code).toBe(1);
    expect(stderr).toContain("are on or off, not no");
  });
});

describe("package.sh", () => {
  it.each([
    [{}, "storage"],
    [{ DURABLE_BACKEND: "scheduler" }, "scheduler"],
  ])("with %j builds the package for %s", async (environment, backend) => {
    await hooks.program("npm");
    expect((await hooks.run("package.sh", environment)).calls).toEqual([
      `npm [run] [package] [--] [--durable-backend] [${backend}]`,
    ]);
  });
});
