import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildProduct } from "../local/build.ts";

export default async function setup(): Promise<void> {
  await buildProduct(dirname(dirname(fileURLToPath(import.meta.url))));
}
