import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killLeftovers, startProduct, untilPrinted } from "../started-product.ts";
import { guacamoleUrl, noBrowser, submitLogin, type Visits, visitsTo } from "./harness.ts";

/** What a person can do who has only what `npm start` prints. */
describe.skipIf(noBrowser)(`the started product in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  let state: string;
  let output: string;
  let visits: Visits;
  beforeAll(async () => {
    state = await mkdtemp(join(tmpdir(), "browser-"));
    const started = startProduct(state);
    await untilPrinted(started, "Ctrl-C stops everything");
    output = started.output();
    const { url } = printed("Portal, for researchers");
    visits = await visitsTo(new URL(url).origin, await issuerOf(url));
  });
  afterAll(async () => {
    await visits.close();
    await killLeftovers();
    await rm(state, { recursive: true, force: true });
  });

  /** An address that was printed, and who may sign in there. The sample people's passwords are their names. */
  function printed(what: string): { url: string; username: string } {
    const found = new RegExp(`${what}:\\s+(\\S+)\\s+sign in as (\\w+), password \\2`).exec(output);
    if (!found?.[1] || !found[2]) throw new Error(`find the address: ${what} was not printed in ${output}`);
    return { url: found[1], username: found[2] };
  }

  it("the printed researcher finds the desktop that runs, switches, watches the steps, and stops it", async () => {
    const { url, username } = printed("Portal, for researchers");
    const { page, faults } = await visits.visit(new URL(url).pathname);
    await submitLogin(page, username);
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    await page.getByText("This workspace closed after 30 April 2024.").waitFor();
    await page.getByRole("button", { name: "Switch to this workspace" }).click();
    await page.getByRole("button", { name: "Switch to Cancer registry" }).click();
    await page.getByRole("heading", { level: 1, name: "Starting Cancer registry" }).waitFor();
    await page.getByRole("listitem").filter({ hasText: "Check your access" }).getByText("Done").waitFor();
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    await page.getByRole("button", { name: "Stop the desktop" }).click();
    await page.getByRole("heading", { level: 1, name: "Your workspaces" }).waitFor();
    expect(faults).toEqual([]);
  });

  it("somebody else starts a desktop, which opens in the same tab", async () => {
    const { page, faults } = await visits.signIn("bob");
    await page.getByRole("button", { name: "Start Cancer registry" }).press("Enter");
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    expect(page.url().startsWith(`${guacamoleUrl}/#/client/`)).toBe(true);
    expect(faults).toEqual([]);
  });

  it("the printed operator finds both desktops in the console", async () => {
    const { url, username } = printed("Console, for operators");
    const { page, faults } = await visits.visit(new URL(url).pathname);
    await submitLogin(page, username);
    await page.getByRole("link", { name: "alice" }).first().waitFor();
    await page.getByRole("link", { name: "bob" }).first().waitFor();
    expect(faults).toEqual([]);
  });
});

/** As the page itself learns it. */
async function issuerOf(portal: string): Promise<string> {
  const html = await (await fetch(portal)).text();
  return /&quot;issuer&quot;:&quot;([^&]+)&quot;/.exec(html)?.[1] ?? "";
}
