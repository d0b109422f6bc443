import { writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Settings with which the app loads and connects to nothing. The kubeconfig is written into `folder`. */
export async function unconnectedSettings(folder: string): Promise<Record<string, string>> {
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(
    kubeconfig,
    JSON.stringify({
      "current-context": "here",
      clusters: [{ name: "here", cluster: { server: "http://127.0.0.1:1" } }],
      users: [{ name: "here", user: {} }],
      contexts: [{ name: "here", context: { cluster: "here", user: "here" } }],
    }),
  );
  return {
    KUBECONFIG: kubeconfig,
    DESKTOP_IMAGE: "example.org/desktop:1",
    DATABASE_URL: "postgres://u:secret@127.0.0.1/guacamole",
    GUACAMOLE_URL: "http://127.0.0.1:8080/guacamole",
    OIDC_ISSUER: "http://127.0.0.1:8081/realms/sde",
    OIDC_AUDIENCE: "us",
    OIDC_CLIENTS: "a",
    TASKHUB_NAME: "package",
  };
}
