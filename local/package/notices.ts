import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

interface Manifest {
  name?: string;
  version?: string;
  license?: unknown;
}

/** The texts that licences want to be passed on: MIT, BSD, ISC and Apache-2.0 (§4) all do. */
const licenceFile = /^(licen[cs]e|copying|notice|copyright)/i;

/**
 * The licences of packages whose code is passed on, one after the other. Throws if a package names no licence.
 *
 * @param folders of the packages, relative to the root
 */
export async function noticesOf(root: string, folders: readonly string[]): Promise<string> {
  const notices = await Promise.all(folders.map((folder) => noticeOf(join(root, folder))));
  const intro = "This app contains code of the following packages.\n";
  return [intro, ...new Set(notices)].join(`\n${"-".repeat(80)}\n\n`);
}

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
  if (name === undefined || typeof license !== "string")
    throw new Error(`collect licences: ${folder}/package.json names none (find out, and say so here)`);
  const texts = (await readdir(folder)).filter((file) => licenceFile.test(file)).sort();
  const read = await Promise.all(texts.map((file) => readFile(join(folder, file), "utf8")));
  return [
    `${name} ${version ?? ""} (${license})\n`,
    ...read.map((text) => `${text.replaceAll("\r\n", "\n").trim()}\n`),
  ].join("\n");
}
