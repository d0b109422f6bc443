import type { Environment } from "@stand-in/functions-host";
import type { App } from "../functions/app.ts";

/** Where `npm run build:portal` puts it. */
export const builtPortal = new URL("../dist/portal/", import.meta.url);

/**
 * Registers the product from its sources, for loadApp's `load`. Imported only here: a built product does not need them.
 */
export async function registerSources(environment: Environment): Promise<App> {
  const [{ readSettings }, { connect }, { register }] = await Promise.all([
    import("../shared/config.ts"),
    import("../functions/app.ts"),
    import("../functions/register.ts"),
  ]);
  const app = connect(readSettings(environment), builtPortal);
  register(app);
  return app;
}
