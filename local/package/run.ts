/**
 * `npm run package`: builds what is deployed, in dist/package: the folder app, from which a Functions host can start it,
 * and the same as a zip. Prints each file with its size. `npm run package -- --durable-backend scheduler` builds it for
 * Durable Task Scheduler instead of Azure Storage, and `mssql` for SQL Server.
 */
import { createHash } from "node:crypto";
import { rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { packageApp, writePackage } from "./app-package.ts";
import { durableBackends } from "./durable-backend.ts";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const into = join(root, "dist/package");

const { values } = parseArgs({ options: { "durable-backend": { type: "string", default: "storage" } } });
const backend = durableBackends.find((each) => each === values["durable-backend"]);
if (backend === undefined)
  throw new Error(
    `package: --durable-backend ${values["durable-backend"]} is unknown (choose ${durableBackends.join(", ")})`,
  );

const app = await packageApp(root, backend);
const { name, files, zip } = app;
await rm(into, { recursive: true, force: true });
await writePackage(app, join(into, "app"));
const zipFile = join(into, `${name}.zip`);
await writeFile(zipFile, zip);

const line = (size: number, words: string) => `${(size / 1e6).toFixed(2).padStart(8)} MB  ${words}\n`;
const sum = (sizes: Iterable<Uint8Array>) => [...sizes].reduce((total, { length }) => total + length, 0);
for (const [file, content] of files) process.stdout.write(line(content.length, file));
process.stdout.write(line(sum(files.values()), `${relative(root, join(into, "app"))}/`));
process.stdout.write(line(zip.length, relative(root, zipFile)));
process.stdout.write(`             sha256 ${createHash("sha256").update(zip).digest("hex")}\n`);
