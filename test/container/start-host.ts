import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startGroup } from "../../local/process-group.ts";
import { freePort } from "../func/func.ts";
import { until } from "../func/until.ts";
import type { Containerfile } from "./containerfile.ts";

export interface StartedHost {
  url: string;
  close: () => Promise<void>;
}

const startSeconds = 60;

/**
 * Starts the stand-in host where the image has the app, with nothing but the image's environment and these settings. They are
 * variables, as in a pod: there is no local.settings.json, no storage account and no package.
 */
export async function startHost(
  { environment }: Containerfile,
  image: string,
  settings: Readonly<Record<string, string>>,
): Promise<StartedHost> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const program = fileURLToPath(import.meta.resolve("../func/local-func.ts"));
  const group = startGroup([process.execPath, program, "start", "--port", String(port)], {
    cwd: join(image, environment["AzureWebJobsScriptRoot"] ?? ""),
    env: { PATH: process.env["PATH"], HOME: join(image, "home"), ...environment, ...settings },
  });
  try {
    await until("the host", startSeconds, async () => {
      const ending = group.ending();
      if (ending !== undefined) throw new Error(`start the host: ${ending}`);
      const live = await fetch(`${url}/api/health/live`).catch(() => undefined);
      return live?.status === 200 || undefined;
    });
  } catch (error) {
    await group.end("SIGKILL");
    throw new Error(`${(error as Error).message}\n${group.output()}`, { cause: error });
  }
  return { url, close: () => group.end("SIGTERM") };
}
