import { join } from "node:path";
import type { Built } from "./build.ts";
import { changedAt, filesBelow, newestChange } from "./newest-change.ts";
import { runTool } from "./run-tool.ts";

/**
 * The lockfile stands for the tools and packages that the pages are made of; Vite reads the other one, too. The pages know the
 * shapes of the API's answers.
 */
const answers = ["answers", "operator-answers", "desktop-page-answers", "answer-parts"];
const sources = [
  ...["portal", "package-lock.json", "tsconfig.json"],
  ...answers.map((name) => `functions/http/${name}.ts`),
];

/** Builds the portal into dist/portal, as for a deployment, if a source or a tool has changed. Throws with Vite's output. */
export async function buildPortal(root: string): Promise<Built> {
  const folder = join(root, "dist/portal");
  // Vite empties the folder first, and writes this file again each time.
  if ((await newestChange(root, sources)) < (await changedAt(join(folder, "index.html")))) return "up to date";
  await buildPortalInto(root, folder);
  return "built";
}

/**
 * Lets `node --watch` start this program again when a file of the portal changes, as it does for what is imported. The
 * message is the one with which Node's own loader names a file (lib/internal/watch_mode/files_watcher.js, Node 24).
 */
export async function watchPortal(root: string): Promise<void> {
  process.send?.({ "watch:require": await filesBelow(join(root, "portal")) });
}

/** Builds the portal into a folder, which is emptied. The same sources and packages give the same bytes. */
export async function buildPortalInto(root: string, folder: string): Promise<void> {
  await runTool(
    root,
    "build the portal: Vite failed",
    [
      "vite/bin/vite.js",
      ...["build", "--config", "portal/vite.config.ts", "--logLevel", "warn", "--outDir", folder, "--emptyOutDir"],
    ],
    // Of a test runner it would say "test", and the packages would be those for development.
    { ...process.env, NODE_ENV: "production" },
  );
}
