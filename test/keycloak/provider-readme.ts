import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Distribution } from "../../local/keycloak/distribution.ts";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { administratorOf } from "../../local/keycloak/realm.ts";
import { providerIsMissing } from "./available.ts";

const readme = new URL("../../infra/keycloak/provider/README.md", import.meta.url);

/** The provider's guide does what it says, in a realm that knows nothing of it. */
export function describeProviderReadme(keycloak: () => RealKeycloak, { home, javaHome }: Distribution): void {
  it.skipIf(providerIsMissing !== undefined)("the commands of its guide switch the action on", async () => {
    const [, commands = ""] = /\*\*Command line:\*\*\n\n```\n([^`]*)```/.exec(await readFile(readme, "utf8")) ?? [];
    const { url, administrator } = keycloak();
    const master = await administratorOf(keycloak(), "master");
    await master.realms.create({ realm: "sde", enabled: true });
    const folder = await mkdtemp(join(tmpdir(), "kcadm-"));
    try {
      const script = commands.replaceAll("http://localhost:8081", url);
      const started = spawn("bash", ["-euc", script], {
        env: {
          PATH: `${join(home, "bin")}:${process.env["PATH"] ?? ""}`,
          JAVA_HOME: javaHome,
          KC_OPTS: `-Duser.home=${folder}`, // where kcadm.sh keeps its login
          KC_CLI_PASSWORD: administrator.password, // instead of its question
          WORKSPACE_ACTION_SECRET: "the secret",
        },
      });
      let output = "";
      for (const stream of [started.stdout, started.stderr])
        stream.on("data", (text: Buffer) => (output += text.toString()));
      const [code] = (await once(started, "close")) as [number];
      expect([code, output]).toEqual([0, expect.not.stringContaining("the secret")]);

      const { accessToken = "" } = await administratorOf(keycloak(), "sde");
      const action = `${url}/admin/realms/sde/authentication/required-actions/choose-workspace`;
      const read = async (path: string) =>
        (await fetch(`${action}${path}`, { headers: { authorization: `Bearer ${accessToken}` } })).json();
      expect(await read("")).toMatchObject({ name: "Choose workspace", enabled: true, defaultAction: false });
      const { config } = (await read("/config")) as { config: Record<string, string> };
      expect(config).toMatchObject({ apiUrl: "https://desktops.example/api" });
      expect(Object.keys(config)).toContain("clientSecret");
    } finally {
      await master.realms.del({ realm: "sde" });
      await rm(folder, { recursive: true, force: true });
    }
  });
}
