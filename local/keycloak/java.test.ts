import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findJava } from "./java.ts";

let folder: string;
let installed: string;
const home = (name: string) => join(installed, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "java-"));
  installed = join(folder, "jvm");
  for (const [name, version] of [
    ["jdk-25", "25.0.3"],
    ["jdk-17", "17.0.15"],
    ["jdk-21", "21"],
  ] as const) {
    await mkdir(join(installed, name, "bin"), { recursive: true });
    await writeFile(join(installed, name, "bin/java"), "");
    await writeFile(join(installed, name, "release"), `IMPLEMENTOR="x"\nJAVA_VERSION="${version}"\n`);
  }
  await mkdir(join(installed, "no-java"));
  await mkdir(join(folder, "bin"));
  await symlink(join(installed, "jdk-25/bin/java"), join(folder, "bin/java"));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ["JAVA_HOME if it fits", { from: 17, to: 21 }, { JAVA_HOME: "jdk-21" }, "jdk-21"],
  ["not JAVA_HOME if it is too old", { from: 21, to: Infinity }, { JAVA_HOME: "jdk-17" }, "jdk-21"],
  ["not JAVA_HOME if it is too new", { from: 17, to: 21 }, { JAVA_HOME: "jdk-25" }, "jdk-17"],
  ["not JAVA_HOME if there is no Java", { from: 17, to: 21 }, { JAVA_HOME: "no-java" }, "jdk-17"],
  ["the one on the PATH before others", { from: 17, to: Infinity }, { PATH: "bin" }, "jdk-25"],
  ["the oldest that fits", { from: 17, to: Infinity }, {}, "jdk-17"],
])("takes %s", async (_what, range, { JAVA_HOME, PATH }: { JAVA_HOME?: string; PATH?: string }, expected) => {
  const environment = {
    ...(JAVA_HOME !== undefined && { JAVA_HOME: home(JAVA_HOME) }),
    ...(PATH !== undefined && { PATH: `/nowhere:${join(folder, PATH)}` }),
  };
  expect(await findJava(range, environment, installed)).toBe(home(expected));
});

it("says what there is if none fits", async () => {
  await expect(findJava({ from: 26, to: Infinity }, {}, installed)).rejects.toThrow(
    `find Java 26 or newer: there is 17 in ${home("jdk-17")}, 21 in ${home("jdk-21")}, 25 in ${home("jdk-25")} (install one`,
  );
  await expect(findJava({ from: 8, to: 11 }, {}, join(folder, "missing"))).rejects.toThrow(
    "find Java 8 to 11: there is none (install one",
  );
});
