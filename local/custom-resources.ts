import { readFile } from "node:fs/promises";

const manifest = new URL("../infra/kubernetes/base/custom-resources.yaml", import.meta.url);

/** The same definitions that are deployed to real clusters. */
export const customResources = await readFile(manifest, "utf8");
