import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { linkPackages, type WriteApp } from "./app-folder.ts";
import { lookSignal } from "./open-host.ts";

/**
 * Writes an app with one function: `GET /api/hello` returns the setting GREETING, the storage and the id of its
 * process.
 */
export const writeTinyApp: WriteApp = async (folder) => {
  const files = {
    "host.json": JSON.stringify({ version: "2.0" }),
    "package.json": JSON.stringify({ type: "module", main: "app.js" }),
    "app.js": `
      import { app } from "@azure/functions";
      app.http("hello", {
        methods: ["GET"],
        authLevel: "anonymous",
        handler: () => ({
          jsonBody: { greeting: process.env.GREETING, storage: process.env.AzureWebJobsStorage, pid: process.pid },
        }),
      });
    `,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await linkPackages(folder);
};

export interface Hello {
  greeting: string;
  storage: string;
  pid: number;
}

/** Returns what the tiny app answers at this address; undefined if it does not answer. */
export async function hello(url: string): Promise<Hello | undefined> {
  const response = await fetch(`${url}/api/hello`, { signal: lookSignal() }).catch(() => undefined);
  return response?.ok === true ? ((await response.json()) as Hello) : undefined;
}
