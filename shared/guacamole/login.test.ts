import { execFile } from "node:child_process";
import { appendFile, chmod, chown, mkdtemp, rm, stat } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { type LocalDatabase, startLocalDatabase } from "@stand-in/database";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type GuacamoleDatabase, startGuacamoleDatabase } from "../../test/guacamole-database.ts";
import { prepareTestDatabase } from "../../test/test-database.ts";
import { ProductError } from "../errors.ts";
import { connectDatabase, type Database, type DatabaseOptions } from "./database.ts";

let server: GuacamoleDatabase;
let right: URL;
const opened: Database[] = [];

beforeAll(async () => {
  server = await startGuacamoleDatabase();
  right = new URL(server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const database of opened.splice(0)) await database.close();
});
afterAll(() => server.close());

function connect(options: DatabaseOptions): Database {
  const database = connectDatabase(options);
  opened.push(database);
  return database;
}

/** The server's URL with another user information, path and query. */
const urlWith = (before: string, after = "") => `postgres://${before}127.0.0.1:${right.port}/guacamole${after}`;
const who = async (database: Database) => database.query("SELECT current_user::text AS name", []);
const tokens = (...words: string[]) => {
  const asked: string[] = [];
  const password = () => {
    const word = words[asked.length] ?? words.at(-1) ?? "";
    asked.push(word);
    return Promise.resolve(word);
  };
  return { asked, password };
};

describe("a token as password", () => {
  it.each([
    ["no password", "guacamole@", ""],
    ["an empty password", "guacamole:@", ""],
    ["a wrong password", "guacamole:of%20another%20time@", ""],
    ["a wrong password among the parameters", "guacamole@", "?password=wrong"],
    ["a user among the parameters", "somebody@", "?user=guacamole"],
  ])("is asked for and accepted by PostgreSQL if the URL has %s", async (_name, before, after) => {
    const { asked, password } = tokens(right.password);
    expect(await who(connect({ url: urlWith(before, after), password }))).toEqual([{ name: "guacamole" }]);
    expect(asked).toHaveLength(1);
  });

  it("counts more than PGPASSWORD", async () => {
    vi.stubEnv("PGPASSWORD", "of the environment");
    const { password } = tokens(right.password);
    expect(await who(connect({ url: urlWith("guacamole@"), password }))).toEqual([{ name: "guacamole" }]);
  });

  it("is asked for again at each new connection, and one that was refused is not kept", async () => {
    const { asked, password } = tokens("expired", right.password, right.password);
    const database = connect({ url: urlWith("guacamole@"), password });
    await expect(who(database)).rejects.toMatchObject({
      code: "guacamole-unavailable",
      message: expect.stringContaining("28P01") as string,
    });
    await who(database);
    await who(database);
    expect(asked, "the second query has the connection of the first").toHaveLength(2);
    await expect(
      database.query("SELECT pg_terminate_backend(pg_backend_pid())", []),
      "as at the end of a token's session",
    ).rejects.toMatchObject({ code: "guacamole-unavailable" });
    await who(database);
    expect(asked).toHaveLength(3);
  });

  it("that cannot be had is told in the words of who was asked, and leaves no connection open", async () => {
    const refused = new ProductError("guacamole-unavailable", "get a database token: the app's identity gave none");
    const database = connect({ url: urlWith("guacamole@"), password: () => Promise.reject(refused) });
    for (let n = 0; n < 3; n += 1) await expect(who(database)).rejects.toBe(refused);
    await expect
      .poll(() => process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length)
      .toBeLessThanOrEqual(1); // the owner's
  });
});

describe("a password with every character that URLs treat specially", () => {
  it("is accepted by PostgreSQL if it is percent-encoded", async () => {
    const password = `#/?%[]@: \\&=+'"é🔑%41`;
    await server.owner.query("CREATE ROLE odd LOGIN PASSWORD '" + password.replaceAll("'", "''") + "'");
    expect(await who(connect({ url: urlWith(`odd:${encodeURIComponent(password)}@`) }))).toEqual([{ name: "odd" }]);
  });
});

const openssl = (process.env["PATH"] ?? "").split(delimiter).some((folder) => existsSync(join(folder, "openssl")));
const words = "a server with a certificate of its own authority";

describe.skipIf(!openssl)(openssl ? words : `${words} (skipped: there is no openssl)`, () => {
  let folder: string;
  let secure: LocalDatabase;
  let certificate: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tls-"));
    const [directory, key] = [join(folder, "database"), join(folder, "database/server.key")];
    certificate = join(folder, "server.crt");
    await prepareTestDatabase(directory);
    const made = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    await promisify(execFile)("openssl", [...made, ...name, "-keyout", key, "-out", certificate]);
    const { uid, gid } = await stat(join(directory, "data"));
    await chown(key, uid, gid);
    await chmod(key, 0o600);
    await chmod(folder, 0o755);
    const settings = `ssl = on\nssl_key_file = '${key}'\nssl_cert_file = '${certificate}'\n`;
    await appendFile(join(directory, "data/postgresql.auto.conf"), settings);
    secure = await startLocalDatabase({ directory });
  });
  afterAll(async () => {
    await secure.close();
    await rm(folder, { recursive: true, force: true });
  });
  const encrypted = async (parameters: string, host = "localhost") => {
    const url = `${secure.url.replace("127.0.0.1", host)}?${parameters}`;
    const [row] = await connect({ url }).query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", []);
    return row?.["ssl"] as unknown;
  };

  it.each(["require", "verify-ca", "verify-full", "prefer"])("is refused with sslmode=%s", async (mode) => {
    // The variable must not switch the check off either.
    vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
    await expect(encrypted(`sslmode=${mode}`)).rejects.toMatchObject({ code: "guacamole-unavailable" });
  });

  it.each(["require", "verify-ca", "verify-full"])(
    "is accepted with sslmode=%s and the authority in sslrootcert, under its own name only",
    async (mode) => {
      const parameters = `sslmode=${mode}&sslrootcert=${encodeURIComponent(certificate)}`;
      expect(await encrypted(parameters)).toBe(true);
      expect(await encrypted(`${parameters}&sslnegotiation=direct`)).toBe(true);
      await expect(encrypted(parameters, "127.0.0.1")).rejects.toMatchObject({ code: "guacamole-unavailable" });
    },
  );

  it("is used as sslmode says if nothing is to be checked", async () => {
    expect(await encrypted("sslmode=no-verify")).toBe(true);
    expect(await encrypted("sslmode=disable")).toBe(false);
    vi.stubEnv("PGSSLMODE", "no-verify");
    expect(await encrypted("")).toBe(false);
  });

  it("is told which file is missing at the start", () => {
    const url = `${secure.url}?sslrootcert=/nowhere/ca.pem`;
    expect(() => connectDatabase({ url })).toThrow("/nowhere/ca.pem, named in DATABASE_URL, cannot be read (ENOENT)");
  });
});

describe("the environment variables of PostgreSQL's own tools", () => {
  it.each([
    ["PGHOST", "192.0.2.1"],
    ["PGPORT", "1"],
    ["PGUSER", "somebody"],
    ["PGDATABASE", "another"],
    ["PGPASSWORD", "wrong"],
    ["PGSSLMODE", "require"],
    ["PGSSLNEGOTIATION", "direct"],
    ["PGOPTIONS", "-c search_path=nowhere"],
    ["PGREPLICATION", "database"],
    ["PGAPPNAME", "another"],
    ["PGCLIENT_ENCODING", "LATIN1"],
    ["PGCONNECT_TIMEOUT", "0"],
  ])("do not count: %s", async (name, value) => {
    vi.stubEnv(name, value);
    const database = connect({ url: server.url });
    expect(
      await database.query(
        "SELECT current_setting('search_path') AS path, current_setting('application_name') AS app, current_user::text AS name, current_setting('client_encoding') AS encoding",
        [],
      ),
    ).toEqual([{ path: '"$user", public', app: "guacamole-workspaces", name: "guacamole", encoding: "UTF8" }]);
  });

  it("do not lend a password to a URL that has none", async () => {
    vi.stubEnv("PGPASSWORD", right.password);
    await expect(who(connect({ url: urlWith("guacamole@") }))).rejects.toMatchObject({ code: "guacamole-unavailable" });
  });
});
