import type { Services } from "../services.ts";
import { registerOpenRoute } from "./route.ts";

/** `live`: the process answers. `ready`: what it needs answers too. Open to anyone, so both say nothing but that; the log says why. */
export function registerHealth(services: Services): void {
  registerOpenRoute("healthLive", "health/live", () => Promise.resolve({ status: 200, body: { status: "live" } }));

  registerOpenRoute("healthReady", "health/ready", async (context) => {
    const fault = async (system: string, check: () => Promise<string | null>): Promise<string> => {
      const words = await check().catch((error: unknown) => describeError(error));
      if (words === null) return "ok";
      context.error(`${system} is not ready: ${words}`);
      return "not ready";
    };
    const [kubernetes, guacamole] = await Promise.all([
      fault("kubernetes", async () => {
        await services.workspaces.known();
        return null;
      }),
      fault("guacamole", () => services.guacamole.check()),
    ]);
    const ready = kubernetes === "ok" && guacamole === "ok";
    return { status: ready ? 200 : 503, body: { status: ready ? "ready" : "not ready", kubernetes, guacamole } };
  });
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return typeof error.cause === "string" ? `${error.message}: ${error.cause}` : error.message;
}
