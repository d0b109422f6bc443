import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { killLeftovers, startProduct, untilPrinted } from "../started-product.ts";
import { describeOnControlPlane } from "./available.ts";
import { prepare, prepareMilliseconds, type Prepared } from "./prepared.ts";

describeOnControlPlane("npm start on a real cluster, as the product's service account", () => {
  let prepared: Prepared;
  let folder: string;
  let kubeconfig: string;

  beforeAll(async () => {
    prepared = await prepare();
    folder = await mkdtemp(join(tmpdir(), "start-"));
    kubeconfig = join(folder, "kubeconfig");
    await writeFile(kubeconfig, prepared.plane.as(prepared.token).exportConfig());
  }, prepareMilliseconds);
  afterAll(async () => {
    await killLeftovers();
    await rm(folder, { recursive: true, force: true });
    await prepared.close();
  });
  const start = (...more: string[]) => startProduct(join(folder, "state"), "--kubeconfig", kubeconfig, ...more);

  it("brings up the desktop, says which of its parts it may not read, and keeps serving", async () => {
    const started = start();
    await untilPrinted(started, "Ctrl-C stops everything");
    const output = started.output();
    const [, written = ""] = /What was written:\n([\s\S]*?)\n\n/.exec(output) ?? [];
    const account = "system:serviceaccount:guacamole:guacamole-workspaces";
    expect(written.split("\n").map((line) => line.trim().replace(/[0-9a-f]{32}(-\S+)?/, "…"))).toEqual([
      `Secret: not read: secrets is forbidden: User "${account}" cannot list resource "secrets" in API group "" in the namespace "guacamole"`,
      "NetworkPolicy client-…",
      "Service client-…",
      "Deployment …",
      "Pod …",
      "connection asthma-cohort/alice (id 1, vnc)",
      "READ on that connection for asthma-cohort@alice",
    ]);
    started.child.kill("SIGINT");
    expect(await started.ended).toMatchObject({ code: 0 });
  });

  it("with --sample-estate says that this account may not write it", async () => {
    const { code, output } = await start("--once", "--sample-estate").ended;
    expect(code).toBe(1);
    expect(output).toMatch(/^write the sample estate: .*is forbidden: User "system:serviceaccount:.*administrator/m);
    expect(output).not.toContain("HTTP-Code");
  });
});
