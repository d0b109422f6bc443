import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recording, ReleasedNames } from "./recording.ts";

const folder = import.meta.dirname;
const namesFile = "names.json";

export interface Release {
  names: ReleasedNames;
  recordings: { file: string; recording: Recording }[];
}

/** Returns every release from which somebody may upgrade to this one: each has a folder. */
export async function readReleases(): Promise<Release[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const releases = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return Promise.all(releases.sort().map(readRelease));
}

async function readRelease(release: string): Promise<Release> {
  const inFolder = join(folder, release);
  const files = (await readdir(inFolder)).filter((file) => file.endsWith(".json") && file !== namesFile);
  const read = async <Content>(file: string) => JSON.parse(await readFile(join(inFolder, file), "utf8")) as Content;
  return {
    names: await read<ReleasedNames>(namesFile),
    recordings: await Promise.all(
      files.sort().map(async (file) => ({ file: `${release}/${file}`, recording: await read<Recording>(file) })),
    ),
  };
}

/** Throws if the release was recorded before: what was released must not change. */
export async function refuseRecorded(release: string): Promise<void> {
  const entries = await readdir(folder);
  if (entries.includes(release))
    throw new Error(
      `record release ${release}: it is recorded already (raise the version in package.json; delete its folder only if nobody runs it)`,
    );
}

export async function writeRelease(names: ReleasedNames, recordings: ReadonlyMap<string, Recording>): Promise<void> {
  const inFolder = join(folder, names.release);
  await mkdir(inFolder);
  await writeFile(join(inFolder, namesFile), `${JSON.stringify(names, null, 2)}\n`);
  for (const [name, recording] of recordings) await writeFile(join(inFolder, `${name}.json`), textOf(recording));
}

/** One event or input per line: small, and a change shows as a line. */
function textOf({ origin, history, inputs, end }: Recording): string {
  const lines = (each: readonly unknown[]) => `[\n    ${each.map((one) => JSON.stringify(one)).join(",\n    ")}\n  ]`;
  return `{
  "origin": ${JSON.stringify(origin)},
  "history": ${lines(history)},
  "inputs": ${lines(inputs)},
  "end": ${JSON.stringify(end)}
}
`;
}
