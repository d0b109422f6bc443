import { existsSync } from "node:fs";

const candidates = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** The browser on this machine; undefined if there is none. CHROMIUM names another one. */
export const chromiumPath = candidates.find((path) => path !== undefined && existsSync(path));
