import { mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { linkLibraries } from "./binaries.ts";

// A package as npm installs it with install scripts disabled.
let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "binaries-"));
  await mkdir(join(root, "native/lib"), { recursive: true });
  await writeFile(join(root, "native/lib/libpq.so.5.18"), "library");
  const links = [{ source: "native/lib/libpq.so.5.18", target: "native/lib/libpq.so.5" }];
  await writeFile(join(root, "native/pg-symlinks.json"), JSON.stringify(links));
});
afterEach(() => rm(root, { recursive: true }));

test("missing links between libraries are created, and existing ones left alone", async () => {
  await linkLibraries(root);
  await linkLibraries(root);
  expect(await readlink(join(root, "native/lib/libpq.so.5"))).toBe("libpq.so.5.18");
  expect(await readFile(join(root, "native/lib/libpq.so.5"), "utf8")).toBe("library");
});

test("a platform whose package needs no links gets none", async () => {
  await rm(join(root, "native/pg-symlinks.json"));
  await linkLibraries(root);
});

test("an error about a missing link says how to create it", async () => {
  await rm(join(root, "native/lib"), { recursive: true });
  const error: unknown = await linkLibraries(root).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: "not-installed" });
  expect(String(error)).toContain("npm rebuild");
});
