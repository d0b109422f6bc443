import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildProduct } from "../local/build.ts";
import { buildPortal } from "../local/build-portal.ts";

export default async function setup(): Promise<void> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  await Promise.all([buildProduct(root), buildPortal(root)]);
}
