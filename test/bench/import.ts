/**
 * `npm run bench:import [-- --before FOLDER]`: what it takes a process to load the app: as it is built, with
 * node_modules, and as the package, without a compile cache, at the first start with one, and at each start after it; and, to
 * compare, pg alone and the built app of another checkout. The starts take turns, each in a new process. Exits with 1 if the
 * package takes more CPU than what it is made of.
 */
import { parseArgs } from "node:util";
import { measureImports } from "./import-starts.ts";
import { machine } from "./machine.ts";

const { values } = parseArgs({ options: { before: { type: "string" } } });
const rounds = 9;

process.stdout.write(`${machine}\n\n`);
const { built, floor, before, package: packed, zip, unpacked } = await measureImports(rounds, values.before);
process.stdout.write(`${"".padEnd(30)}CPU ms   ratio      ms   MB\n`);
for (const { words, cpu, milliseconds, megabytes } of [built, ...packed, ...(before ? [before] : []), floor]) {
  const figures = [(cpu / built.cpu).toFixed(2).padStart(8), milliseconds.toFixed(0).padStart(8)];
  process.stdout.write(
    `${words.padEnd(30)}${cpu.toFixed(0).padStart(6)}${figures.join("")}${megabytes.toFixed(0).padStart(5)}\n`,
  );
}
process.stdout.write(`\nthe package: ${zip.toFixed(2)} MB as a zip, ${unpacked.toFixed(2)} MB unpacked\n`);
process.exitCode = packed.some(({ cpu }) => cpu > built.cpu) ? 1 : 0;
