import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { keycloakHomes, readDistribution } from "./distribution.ts";
import { startKeycloak } from "./real-keycloak.ts";

/** Answers like Keycloak, and prints what it was started with. */
const server = `#!${process.execPath}
const { createServer } = require("node:http");
const port = Number(process.argv.find((each) => each.startsWith("--http-port=")).slice(12));
console.log("environment", Object.keys(process.env).sort().join());
console.log("imports", require("node:fs").readdirSync("data/import").join());
require("node:fs").appendFileSync("lib/quarkus/built", "x");
createServer((_request, response) => response.end()).listen(port, "127.0.0.1");
`;

let folder: string;
let home: string;
const environment = () => ({ JAVA_HOME: join(folder, "jdk") });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "real-keycloak-test-"));
  home = join(folder, "keycloak");
  const files = {
    "jdk/release": 'JAVA_VERSION="25.0.3"\n',
    "more.jar": "",
    "keycloak/version.txt": "Keycloak - Version 26.7.3\n",
    "keycloak/providers/keycloak-events-0.59.jar": "",
    "keycloak/lib/lib/big.jar": "",
    "keycloak/lib/app/app.jar": "",
    "keycloak/lib/quarkus/built": "",
    "keycloak/bin/kc.sh": server,
    "broken/version.txt": "Keycloak - Version 26.7.3\n",
    "broken/providers/README.md": "",
    "broken/lib/lib/big.jar": "",
    "broken/lib/app/app.jar": "",
    "broken/bin/kc.sh": "#!/bin/sh\necho it is broken\nexit 3\n",
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(folder, name, ".."), { recursive: true });
    await writeFile(join(folder, name), text, { mode: 0o755 });
  }
});
afterAll(() => rm(folder, { recursive: true }));

it("a distribution says its version, and which keycloak-events it has", async () => {
  expect(keycloakHomes({ KEYCLOAK_HOME: `${home}::${folder}` })).toEqual([home, folder]);
  expect(keycloakHomes({})).toEqual([]);
  expect(await readDistribution(home, environment())).toEqual({
    ...{ home, version: "26.7.3", major: 26, events: "0.59" },
    javaHome: join(folder, "jdk"),
  });
  await expect(readDistribution(folder, environment())).rejects.toThrow(
    `read Keycloak's version: there is none in ${folder} (name the unpacked distribution)`,
  );
});

it("it runs in a copy, with the realms and jars that it is given, and goes away with the copy", async () => {
  const distribution = await readDistribution(home, environment());
  const keycloak = await startKeycloak(distribution, {
    realms: { one: { realm: "one" }, two: { realm: "two" } },
    jars: [join(folder, "more.jar")],
  });
  expect(keycloak.output()).toContain("imports one-realm.json,two-realm.json");
  expect(keycloak.output()).toContain(
    "environment JAVA_HOME,JAVA_OPTS_APPEND,KC_BOOTSTRAP_ADMIN_PASSWORD,KC_BOOTSTRAP_ADMIN_USERNAME,PATH",
  );
  await keycloak.stop();
  await expect(fetch(keycloak.url)).rejects.toThrow("fetch failed");
  await keycloak.start();
  expect((await fetch(keycloak.url)).status).toBe(200);
  await keycloak.close();
  await expect(fetch(keycloak.url)).rejects.toThrow("fetch failed");
  expect(await readdir(join(home, "providers"))).toEqual(["keycloak-events-0.59.jar"]);
  expect(await readFile(join(home, "lib/quarkus/built"), "utf8")).toBe("");
});

it("one that ends while it starts is reported with its words", async () => {
  const distribution = await readDistribution(join(folder, "broken"), environment());
  await expect(startKeycloak(distribution)).rejects.toThrow(/^start Keycloak: it ended with 3 .*\n.*it is broken/);
});

it("it ends, and its copy is deleted, when the process that started it is killed", async () => {
  const temporary = join(folder, "temporary");
  await mkdir(temporary);
  const source = `import { startKeycloak } from ${JSON.stringify(new URL("./real-keycloak.ts", import.meta.url).href)};
    const keycloak = await startKeycloak(${JSON.stringify(await readDistribution(home, environment()))});
    process.stdout.write(keycloak.url);
    setInterval(() => {}, 1000);`;
  const starter = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [url] = (await once(starter.stdout, "data")) as [Buffer];
  expect((await fetch(url.toString())).status).toBe(200);
  starter.kill("SIGKILL");
  await expect.poll(() => fetch(url.toString()).catch(() => "gone")).toBe("gone");
  await expect.poll(() => readdir(temporary)).toEqual([]);
});
