import { existsSync } from "node:fs";
import { resolve } from "node:path";

/** The Functions host that the suite runs against. */
export type HostChoice =
  | { kind: "func"; func: string; words: string }
  | { kind: "given"; url: string; words: string }
  | { kind: "local"; words: string };

/** Chooses by FUNC and FUNCTIONS_HOST_URL. Throws an error that says what to correct. */
export function chooseHost(environment: Readonly<Record<string, string | undefined>>): HostChoice {
  const func = environment["FUNC"] ?? "";
  const url = environment["FUNCTIONS_HOST_URL"] ?? "";
  if (func !== "" && url !== "") throw new Error("choose a host: FUNC and FUNCTIONS_HOST_URL are both set (unset one)");
  // A path is relative to the current folder, because func runs in the app's folder. A bare name is looked up in PATH.
  if (func.includes("/") && !existsSync(func))
    throw new Error(`choose a host: FUNC is ${func}, which does not exist (set it to the binary of Core Tools)`);
  if (func.includes("/")) return { kind: "func", func: resolve(func), words: `Core Tools (${func})` };
  if (func !== "") return { kind: "func", func, words: `Core Tools (${func})` };
  if (url === "") return { kind: "local", words: "the local stand-in host" };
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new Error(`choose a host: FUNCTIONS_HOST_URL is ${url} (write it as http://127.0.0.1:7071)`);
  return { kind: "given", url: new URL(url).origin, words: `the host at ${new URL(url).origin}` };
}
