import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { assets, describeOnControlPlane } from "./available.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { prepareMilliseconds } from "./prepared.ts";
import { settingsIn } from "./rendered.ts";
import { render, runKubectl } from "./run-kubectl.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");
const identity = "0a1b2c3d-0000-4000-8000-00000000beef";

describeOnControlPlane(
  "the hook that lets the app's identity into the cluster",
  () => {
    let plane: ControlPlane;
    beforeAll(async () => {
      plane = await startControlPlane(assets ?? "");
      await kubectl("create", "namespace", "guacamole");
    }, prepareMilliseconds);
    afterAll(() => plane.close());

    const kubectl = (...words: string[]) => runKubectl([`--kubeconfig=${plane.kubeconfigFile}`, ...words]);
    const hook = (...words: string[]) =>
      run(join(root, "infra/azure/hooks/cluster-access.sh"), words, {
        env: {
          PATH: `${assets ?? ""}:/usr/bin:/bin`,
          KUBECONFIG: plane.kubeconfigFile,
          // kubectl keeps what it discovers below it.
          HOME: dirname(plane.kubeconfigFile),
          APP_IDENTITY_OBJECT_ID: identity,
        },
      });
    /** @returns yes or no; kubectl ends with 1 if it is no */
    const mayCreate = (who: string) =>
      kubectl("auth", "can-i", "--as", who, "--namespace", "desktops", "create", "deployments.apps").catch(
        (error: unknown) => (error as { stdout: string }).stdout,
      );

    it("gives it, and nobody else, the product's rights, and may run again", async () => {
      await hook();
      const { stdout } = await hook();
      expect(stdout).toContain(`The identity ${identity} may do in the cluster`);
      expect(await mayCreate(identity)).toBe("yes\n");
      for (const other of [
        "00000000-0000-0000-0000-000000000000",
        "system:serviceaccount:desktops:guacamole-workspaces",
      ])
        expect(await mayCreate(other), other).toBe("no\n");
    });

    it("limits what it writes by the admission policy", async () => {
      const made = ["create", "configmap", "not-a-record", "--namespace", "desktops", "--as", identity];
      await expect(kubectl(...made)).rejects.toThrow(/it is no record of a person/);
    });

    it("goes with settings for azd that are those of the overlay", async () => {
      const { parameters } = JSON.parse(await readFile(join(root, "infra/azure/main.parameters.json"), "utf8")) as {
        parameters: { settings: { value: Record<string, string> } };
      };
      const byDefault = Object.entries(parameters.settings.value).map(
        ([name, value]) => [name, /^\$\{\w+=(.*)\}$/.exec(value)?.[1]] as const,
      );
      expect(Object.fromEntries(byDefault)).toMatchObject(settingsIn(await render("infra/kubernetes/overlays/aks")));
    });
  },
  ["kubectl"],
);
