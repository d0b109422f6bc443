/** `npm run build`: builds the product and the portal into dist/, as `func start` and `npm start` use them. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { buildProduct } from "./build.ts";
import { buildPortal } from "./build-portal.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
try {
  const [product, portal] = await Promise.all([buildProduct(root), buildPortal(root)]);
  process.stdout.write(`product: ${product}\nportal: ${portal}\n`);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
