import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { type FunctionApp, loadApp } from "@stand-in/functions-host";
import { registerSources } from "../../local/sources.ts";

/**
 * Loads the product from its sources as a host does, with nothing to connect to, to check what it registers and
 * decides.
 */
export async function loadProduct(): Promise<FunctionApp> {
  const folder = await mkdtemp(join(tmpdir(), "product-"));
  try {
    const config = new KubeConfig();
    config.loadFromClusterAndUser(
      { name: "none", server: "http://127.0.0.1:9", skipTLSVerify: false },
      { name: "nobody" },
    );
    const kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, config.exportConfig());
    return await loadApp({
      appRoot: join(import.meta.dirname, "../.."),
      environment: {
        TASKHUB_NAME: "tests",
        KUBECONFIG: kubeconfig,
        DATABASE_URL: "postgres://u@127.0.0.1:9/none",
        OIDC_ISSUER: "http://127.0.0.1:9/realms/sde",
        OIDC_AUDIENCE: "guacamole-workspaces",
        OIDC_CLIENTS: "nobody",
        GUACAMOLE_URL: "http://127.0.0.1:9/guacamole",
        DESKTOP_IMAGE: "example.org/desktop:1",
      },
      load: registerSources,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
