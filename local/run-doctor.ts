import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { z } from "zod";
import { examineEstate } from "../functions/gather/doctor.ts";
import { readSettings, type Settings } from "../shared/config.ts";
import { type Check, checkOf, stateOf } from "../shared/lifecycle/doctor/check.ts";
import { countChecks, describeChecks } from "../shared/lifecycle/doctor/describe.ts";
import { connectLooks } from "./doctor-looks.ts";

const usage = `npm run -s doctor -- [options]

Looks at the estate around the product with the app's own settings, and says what is wrong and what to do. Changes nothing.

  --settings FILE        take the settings from here (local.settings.json, or what \`az functionapp config appsettings list\`
                         prints); what the environment sets comes first. Default: the environment
  --administrator FILE   a kubeconfig that may list pods everywhere, for what the product's account may not see
  --json                 print what GET /api/maintenance/doctor answers
  --help                 print this text

Exit status: 0 all is well, 1 something is wrong, 2 nothing is known to be wrong but something could not be looked at,
64 the command line cannot be read.`;

/** sysexits.h, EX_USAGE. */
const wrongUsage = 64;
const exitCodes = { ok: 0, wrong: 1, "not known": 2 } as const;

interface Options {
  settings?: string | undefined;
  administrator?: string | undefined;
  json: boolean;
}

/**
 * The whole command: returns its exit status.
 *
 * @param write prints a line
 */
export async function runDoctor(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  write: (line: string) => void,
): Promise<number> {
  let options: Options | null;
  try {
    options = readOptions(args);
  } catch (error) {
    write(`${(error as Error).message}\n\n${usage}`);
    return wrongUsage;
  }
  if (!options) {
    write(usage);
    return 0;
  }
  const checks = await checkAll(options, environment);
  const state = stateOf(checks);
  if (options.json) write(JSON.stringify({ at: new Date().toISOString(), state, checks }, undefined, 2));
  else {
    for (const line of describeChecks(checks)) write(line);
    write("");
    write(countChecks(checks));
  }
  return exitCodes[state];
}

function readOptions(args: readonly string[]): Options | null {
  const { values } = parseArgs({
    args: [...args],
    options: {
      settings: { type: "string" },
      administrator: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  return values.help ? null : values;
}

async function checkAll(
  { settings: file, administrator }: Options,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Check[]> {
  let settings: Settings;
  try {
    settings = readSettings({ ...(file === undefined ? {} : await readValues(file)), ...environment });
  } catch (error) {
    return [wrongSettings((error as Error).message)];
  }
  const connected = connectLooks(settings, administrator);
  try {
    const checks = await examineEstate(connected.looks);
    return [checkOf("settings", "they can be read", {}), ...checks];
  } finally {
    await connected.close();
  }
}

/** One finding for each setting. Its line ends in what to do, in brackets, if there is more to say than what is wrong. */
function wrongSettings(message: string): Check {
  const lines = message.split("\n");
  const faults = lines.filter((line) => line.startsWith("  "));
  return checkOf("settings", "", {
    wrong: (faults.length > 0 ? faults : lines).map((line) => {
      const [, what = line.trim(), advice = "correct it; README lists all settings"] =
        /^\s*(.*?) \((.+)\)$/.exec(line) ?? [];
      return { what, advice };
    }),
  });
}

const appSettings = z.array(z.object({ name: z.string(), value: z.string().nullish() }));

/** Reads `{"Values": {…}}` of the Functions tools, or `[{"name", "value"}, …]` of the Azure CLI. */
async function readValues(file: string): Promise<Record<string, string>> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    // A parser's message quotes the file, which has secrets.
    const reason = error instanceof SyntaxError ? "it is not JSON" : (error as Error).message;
    throw new Error(`read ${file}: ${reason} (name a file with settings)`, { cause: error });
  }
  const { data: list } = appSettings.safeParse(content);
  if (list) return Object.fromEntries(list.map(({ name, value }) => [name, value ?? ""]));
  const values = (content as { Values?: unknown } | null)?.Values;
  if (typeof values !== "object" || values === null)
    throw new Error(`read ${file}: it has no Values (name local.settings.json or a list of app settings)`);
  return values as Record<string, string>;
}
