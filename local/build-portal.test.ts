import { cp, mkdtemp, readFile, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildPortal } from "./build-portal.ts";

const root = dirname(import.meta.dirname);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "build-portal-"));
  for (const part of ["portal", "functions", "shared", "package.json", "package-lock.json", "tsconfig.json"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As if somebody had saved it after the build, whatever the clock of the file system can tell apart. */
async function touch(file: string): Promise<void> {
  const later = new Date(Date.now() + 10_000);
  await utimes(join(folder, file), later, later);
}
const page = () => readFile(join(folder, "dist/portal/index.html"), "utf8");

it("the portal is built once, and again when a page, a style, an answer of the API or a package changes", async () => {
  expect(await buildPortal(folder)).toBe("built");
  expect(await page()).toContain('content="__PORTAL_SETTINGS__"');
  expect(await buildPortal(folder)).toBe("up to date");
  for (const file of [
    "portal/index.html",
    "portal/styles/_base.scss",
    "functions/http/answers.ts",
    "package-lock.json",
  ]) {
    await touch(file);
    expect([file, await buildPortal(folder)]).toEqual([file, "built"]);
    await utimes(join(folder, file), 0, 0);
    expect(await buildPortal(folder)).toBe("up to date");
  }
});

it("what is wrong in a source is said, and it is tried again", async () => {
  const file = join(folder, "portal/texts.ts");
  const text = await readFile(file, "utf8");
  await writeFile(file, `${text}\nexport const = 1;\n`);
  await touch("portal/texts.ts");
  const fails = () => expect(buildPortal(folder)).rejects.toThrow(/^build the portal: Vite failed\n[^]*texts\.ts/);
  await fails();
  await fails();
  await writeFile(file, text);
  expect(await buildPortal(folder)).toBe("built");
});
