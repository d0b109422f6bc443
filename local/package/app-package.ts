import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { zipSync } from "fflate";
import { bundleApp } from "./bundle.ts";
import { type DurableBackend, hostJsonFor } from "./durable-backend.ts";
import { noticesOf } from "./notices.ts";
import { portalFiles } from "./portal-files.ts";

/** What is deployed: the files of the app, by name, and the same as a zip. */
export interface AppPackage {
  name: string;
  files: ReadonlyMap<string, Uint8Array>;
  zip: Uint8Array;
}

interface Manifest {
  name: string;
  version: string;
  license: string;
}

/** The oldest time that a zip can have. It is the same in every time zone, since a zip's times have none. */
const fixedTime = new Date(1980, 0, 1);

/**
 * Makes the package of the app that is in `root`: everything that the Functions host needs, and nothing else. It has no
 * dependencies. The same sources and packages give the same bytes. Nothing is written into the repository.
 *
 * @param backend which host.json is in it
 */
export async function packageApp(root: string, backend: DurableBackend = "storage"): Promise<AppPackage> {
  const { name, version, license } = JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
  const [bundle, portal] = await Promise.all([bundleApp(root), portalFiles(root)]);
  const manifest = { name, version, private: true, license, type: "module", main: "index.js" };
  const text = (content: string) => new TextEncoder().encode(content);
  const files = new Map<string, Uint8Array>(
    [
      ...bundle.files,
      ...[...portal.files].map(([file, content]) => [`portal/${file}`, content] as const),
      ["host.json", text(hostJsonFor(backend, await readFile(join(root, "host.json"), "utf8")))] as const,
      ["package.json", text(`${JSON.stringify(manifest, undefined, 2)}\n`)] as const,
      ["THIRD-PARTY-NOTICES.txt", text(await noticesOf(root, [...bundle.packages, ...portal.packages]))] as const,
    ].sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const zip = zipSync(Object.fromEntries(files), { level: 9, mtime: fixedTime });
  return { name: `${name}-${version}${backend === "storage" ? "" : `-${backend}`}`, files, zip };
}

/** Writes the files of a package into a folder. */
export async function writePackage({ files }: AppPackage, folder: string): Promise<void> {
  for (const [file, content] of files) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content);
  }
}
