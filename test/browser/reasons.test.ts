import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { consoleTexts } from "../../portal/console/texts.ts";
import { deploymentName } from "../../shared/desktop/names.ts";
import { expectAccessible, noBrowser, usePortal } from "./harness.ts";

/** What pages say about why a desktop stopped, or will: of each desktop its own reason. */
describe.skipIf(noBrowser)(`reasons in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();

  const idIn = (workspace: string) => deploymentName({ workspace, username: "alice" });
  const card = (page: Page, name: string) => page.getByRole("listitem").filter({ hasText: name });
  async function suspend(workspace: string, reason: string): Promise<void> {
    const body = await portal.call("olga", "POST", `/desktops/${idIn(workspace)}/suspend`, { reason });
    await portal.estate.end("olga", body);
  }

  it("who keeps their desktop reads that they asked for that end, and what comes after", async () => {
    await portal.estate.ask("alice", "asthma-cohort");
    const { page } = await portal.signIn("alice");
    await page.getByText(/^It stops at (.+ at )?\d\d:\d\d\. Nobody is connected, which is allowed for/).waitFor();
    await page.getByRole("group", { name: "Keep it longer" }).getByRole("button").last().click();
    await page
      .getByText(/You asked to keep it until then\. After that it is stopped if nobody is connected\.$/)
      .waitFor();
    expect(await page.getByRole("main").innerText()).not.toContain("which is allowed for");
    await expectAccessible(page, "kept until its end");
  });

  it("of two desktops, each says why it was stopped, to its person and to operators", async () => {
    await portal.estate.ask("alice", "asthma-cohort");
    await portal.estate.ask("alice", "cancer-registry");
    await suspend("cancer-registry", "the registry is too big");
    const { page } = await portal.signIn("alice");
    await page.getByRole("region", { name: "Cancer registry was stopped" }).waitFor();
    await card(page, "Asthma cohort")
      .getByText(/It was stopped because you opened another workspace\./)
      .waitFor();
    await card(page, "Cancer registry")
      .getByText(/An administrator stopped it: the registry is too big\./)
      .waitFor();
    expect(await card(page, "Asthma cohort").innerText()).not.toContain("too big");
    await expectAccessible(page, "two that were stopped");

    const operator = await portal.signIn("olga", `/console?view=desktop&id=${idIn("asthma-cohort")}`);
    await operator.page.getByRole("heading", { level: 1, name: "alice in asthma-cohort" }).waitFor();
    const words = await operator.page.getByRole("main").innerText();
    expect(words).toContain("its person has the desktop in cancer-registry now");
    expect(words).not.toContain("too big");
    const names = consoleTexts.desktop.facts;
    const since = operator.page.getByRole("term").filter({ hasText: new RegExp(`^${names.since}$`) });
    await since
      .locator("xpath=following-sibling::dd[1]")
      .getByText(/\d\d:\d\d/)
      .waitFor();
  });
});
