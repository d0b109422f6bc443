import { describe, expect, it } from "vitest";
import { KubernetesObjectApi } from "@kubernetes/client-node";
import type { Page } from "playwright-core";
import * as examples from "../../functions/http/examples.ts";
import { errorCodes } from "../../shared/errors.ts";
import { namespace } from "../estate.ts";
import { expectAccessible, noBrowser, usePortalInUse } from "./harness.ts";

/** What operators do in the console, in a real browser. */
describe.skipIf(noBrowser)(`the console in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortalInUse();

  it("is not for people without the role, who find the way to the portal", async () => {
    const { context, page } = await portal.signIn("bob", "/console");
    await page.getByText(/desktop-admin/).waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await expectAccessible(page, "not an administrator");
    await page.getByRole("main").getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: "Cancer registry is ready" }).waitFor();
    await context.close();
  });

  it("lists the estate, keeps a filter in the address, and goes back from a desktop to the list", async () => {
    const { context, page, faults } = await portal.signIn("olga", "/console");
    const rows = page.getByRole("table").getByRole("row");
    await expect.poll(() => rows.count()).toBe(3);
    await expectAccessible(page, "desktops");
    await page.getByLabel("Workspace").selectOption("cancer-registry");
    await expect.poll(() => rows.count()).toBe(2);
    expect(page.url()).toContain("workspace=cancer-registry");
    await page.getByRole("link", { name: "bob" }).click();
    await page.getByRole("heading", { level: 1, name: "bob in cancer-registry" }).waitFor();
    await page.goBack();
    await expect.poll(() => rows.count()).toBe(2);
    await page.reload();
    await expect.poll(() => rows.count()).toBe(2);
    expect(faults).toEqual([]);
    await context.close();
  });

  it("draws the view that was asked for first, also when its person comes from signing in, and asks for no other", async () => {
    const { context, page } = await portal.signIn("olga", "/console?view=sessions");
    // Whoever is told of a heading in between would have followed a link that is gone a moment later.
    await context.addInitScript(`
      globalThis.headings = [];
      new MutationObserver(() => {
        const text = document.querySelector("h1")?.textContent;
        if (text && text !== headings.at(-1)) headings.push(text);
      }).observe(document, { childList: true, subtree: true, characterData: true });
    `);
    const asked: string[] = [];
    page.on("request", (request) => {
      if (request.url().includes("/api/")) asked.push(request.url());
    });
    await page.reload();
    await page.getByRole("heading", { level: 1, name: "End sessions" }).waitFor();
    expect(await page.evaluate("headings")).toEqual(["Desktops console", "End sessions"]);
    const answered = page.waitForResponse("**/api/health/ready");
    await page.getByRole("link", { name: "Health" }).click();
    await answered;
    expect(asked.filter((url) => url.includes("/api/desktops"))).toEqual([]);
    await context.close();
  });

  it("says on the health page what does not answer, what is not known, and what stands out", async () => {
    const { context, page } = await portal.signIn("olga", "/console?view=maintenance");
    await context.route("**/api/health/ready", (route) =>
      route.fulfill({
        status: 503,
        json: {
          ...{ status: "not ready", kubernetes: "not ready", guacamole: "ok", identity: "ok" },
          ...{ reaping: "unknown", activation: "unknown" },
          reasons: ["kubernetes is not ready: it does not answer"],
          stuck: ["cannot tell if any work is stuck: it does not answer"],
        },
      }),
    );
    await page.getByRole("link", { name: "Health" }).click();
    await page.getByText("kubernetes is not ready: it does not answer").waitFor();
    await page.getByText("cannot tell if any work is stuck: it does not answer").waitFor();
    expect(await page.getByText("not known", { exact: true }).count()).toBeGreaterThanOrEqual(2);
    await expectAccessible(page, "not ready");
    await context.close();
  });

  it("has no view in which a program finds a barrier", async () => {
    const { context, page, faults } = await portal.signIn("olga", "/console");
    for (const view of ["End sessions", "Queue and capacity", "Drift", "Maintenance", "Health"]) {
      await page.getByRole("navigation").getByRole("link", { name: view }).click();
      await page.getByRole("heading", { level: 1, name: view }).waitFor();
      await expectAccessible(page, view);
    }
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Maintenance" }).waitFor();
    expect(faults).toEqual([]);
    await context.close();
  });

  it("extends a desktop for as long as the operator chooses, and retires one", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    const { context, page } = await portal.signIn("olga", "/console?username=bob");
    await page.getByRole("link", { name: "bob" }).click();
    await page.getByRole("heading", { level: 1, name: "bob in cancer-registry" }).waitFor();
    await decide(page, "Extend", "a long analysis");
    await page.getByText(/^Done: kept until /).waitFor();
    const body = await portal.call<object>("bob", "GET", "/users/bob/desktop");
    expect(body).toMatchObject({ kept: { by: "olga", reason: "a long analysis" } });
    await decide(page, "Retire", "the study is over");
    await portal.estate.host.whenIdle();
    await expect.poll(() => page.getByText(/^Done: /).count()).toBe(2);
    await expectAccessible(page, "retired");
    expect((await portal.estate.world()).objects).not.toHaveProperty("Deployment desktop-bob");
    const list = await portal.call<{ desktops: object[] }>("olga", "GET", "/desktops?username=bob");
    expect(list.desktops).toEqual([]);
    await context.close();
  });

  it("ends the sessions of a workspace, and says before how many people are connected", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    await portal.estate.ask("alice", "cancer-registry");
    await portal.estate.guacamole.query(`
      INSERT INTO guacamole_connection_history (user_id, username, connection_id, connection_name, start_date)
      SELECT u.user_id, e.name, c.connection_id, c.connection_name, now()
      FROM guacamole_entity e JOIN guacamole_user u USING (entity_id), guacamole_connection c
      WHERE e.name = 'cancer-registry@bob' AND c.connection_name = 'bob'`);
    const { context, page } = await portal.signIn("olga", "/console?view=sessions");
    await page.getByText("End sessions", { exact: true }).last().click();
    await page.getByLabel("Workspace").fill("cancer-registry");
    await page.getByLabel(/^Reason/).fill("the data are replaced");
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByText("1 person connected now, whose sessions end").waitFor();
    expect(await page.getByText(/connected now/).count()).toBe(1);
    await expectAccessible(page, "end sessions");
    await page.getByRole("button", { name: "End sessions now" }).click();
    await portal.estate.host.whenIdle();
    await page.getByText(/2 of 2 ended, 0 failed/).waitFor();
    await page.getByText("2 of 2 done").waitFor();
    await expectAccessible(page, "ended sessions");
    await page.reload();
    await page.getByText(/2 of 2 ended, 0 failed/).waitFor();
    await context.close();
  });

  it("leads who ends sessions for another reason to the run that is under way, and does not end theirs", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    const { promise: goOn, resolve } = Promise.withResolvers<undefined>();
    portal.estate.faults.beforeActivity = ({ name }) => (name === "countSessions" ? goOn : Promise.resolve());
    const body = { workspace: "cancer-registry", reason: "a breach" };
    expect((await portal.estate.call("olga", "POST", "/maintenance/end-sessions", body)).status).toBe(202);
    const { context, page } = await portal.signIn("olga", "/console?view=sessions");
    await page.getByText("End sessions", { exact: true }).last().click();
    await page.getByLabel("Workspace").fill("cancer-registry");
    await page.getByLabel(/^Reason/).fill("an upgrade");
    await page.getByRole("button", { name: "Show what would happen" }).click();
    await page.getByRole("button", { name: "End sessions now" }).click();
    await page.getByText(/^This was not done: .* is under way since .*, by olga, with the reason “a breach”/).waitFor();
    await expectAccessible(page, "a run is under way");
    await page.getByRole("link", { name: "Show that run" }).click();
    await page.getByRole("heading", { name: "The last run: cancer-registry" }).waitFor();
    await page.getByText("Reason: a breach").waitFor();
    resolve(undefined);
    portal.estate.mend();
    await portal.estate.host.whenIdle();
    await page.getByText(/1 of 1 ended, 0 failed/).waitFor();
    await context.close();
  });

  it("leads who confirms removals while another number is being removed to the last runs", async () => {
    const { context, page } = await portal.signIn("olga", "/console?view=drift");
    const [status, title] = errorCodes["already-running"];
    const told = {
      type: "urn:x",
      title,
      status,
      code: "already-running",
      detail: "x",
      explanation: "X.",
      requestId: "r",
    };
    await context.route("**/api/maintenance/reconcile**", (route) => {
      const isLook = route.request().url().includes("dryRun");
      const underWay = { run: "/api/maintenance", startedAt: new Date().toISOString() };
      return route.fulfill(
        isLook
          ? { json: { ...examples.reconcileRun, dryRun: true } }
          : { status, contentType: "application/problem+json", body: JSON.stringify({ ...told, underWay }) },
      );
    });
    await page.getByRole("button", { name: "Look for drift" }).click();
    if (examples.reconcileRun.goes > 0)
      await page.getByLabel(/Type the number/).fill(String(examples.reconcileRun.goes));
    await page.getByRole("button", { name: "Put right" }).click();
    await page.getByText(/^This was not done: a run that was asked for otherwise is under way since /).waitFor();
    await page.getByRole("link", { name: "Show that run" }).click();
    await page.getByRole("heading", { name: "Last runs" }).waitFor();
    await context.close();
  });

  it("follows a suspension to its end, in whatever view the operator is meanwhile", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    const { context, page } = await portal.signIn("olga", "/console?username=bob");
    const released = Promise.withResolvers<undefined>();
    await context.route("**/api/operations/**", async (route) => {
      await released.promise;
      await route.continue();
    });
    await page.getByRole("link", { name: "bob" }).click();
    await page.getByRole("heading", { level: 1, name: "bob in cancer-registry" }).waitFor();
    await decide(page, "Suspend", "the node is replaced");
    const asked = page.getByRole("region", { name: "What you asked for" });
    await asked.getByText(/^Under way/).waitFor();
    await expect.poll(() => asked.getByRole("listitem").and(page.locator(":focus")).count()).toBe(1);
    await expectAccessible(page, "under way");
    await page.getByRole("link", { name: "Queue and capacity" }).click();
    await page.getByRole("heading", { level: 1, name: "Queue and capacity" }).waitFor();
    await asked.getByText(/^Under way/).waitFor();
    released.resolve(undefined);
    await asked
      .getByRole("status")
      .getByText(/^Done: /)
      .waitFor();
    await asked.getByRole("link", { name: "Suspend: bob in cancer-registry" }).click();
    await page.getByRole("heading", { level: 1, name: "bob in cancer-registry" }).waitFor();
    await asked.getByRole("button", { name: "Hide" }).click();
    await expect.poll(() => asked.count()).toBe(0);
    expect(await page.locator("main:focus").count()).toBe(1);
    await context.close();
  });

  it("pauses activation with a reason, which a researcher then reads, and resumes it", async () => {
    const { context, page } = await portal.signIn("olga", "/console?view=maintenance");
    const activation = page.locator("section").filter({ hasText: "Bringing desktops up" });
    await activation.getByLabel(/^Reason/).fill("the cluster is upgraded until noon");
    await activation.getByRole("button", { name: "Pause activation" }).click();
    await activation.getByText(/by olga since/).waitFor();

    const bob = await portal.signIn("bob");
    await bob.page.getByRole("button", { name: "Start Cancer registry" }).click();
    await expect.poll(() => bob.page.getByRole("main").innerText()).toContain("The cluster is upgraded until noon.");
    await expectAccessible(bob.page, "activation is paused");
    await bob.context.close();

    await activation.getByRole("button", { name: "Resume activation" }).click();
    await activation.getByText("Give a reason.").waitFor();
    await activation.getByLabel(/^Reason/).fill("the upgrade is done");
    await activation.getByRole("button", { name: "Resume activation" }).click();
    await activation.getByRole("button", { name: "Pause activation" }).waitFor();
    await activation.getByText(/^On by olga since .*: the upgrade is done$/).waitFor();
    await expectAccessible(page, "resumed");
    await context.close();
  });

  it("keeps the focus on a button while it is busy, and does nothing when it is pressed again", async () => {
    const { context, page } = await portal.signIn("olga", "/console?view=drift");
    const released = Promise.withResolvers<undefined>();
    let asked = 0;
    await context.route("**/api/maintenance/reconcile?*", async (route) => {
      asked += 1;
      await released.promise;
      await route.continue();
    });
    const look = page.getByRole("button", { name: "Look for drift" });
    await look.focus();
    await page.keyboard.press("Enter");
    await expect.poll(() => look.getAttribute("aria-disabled")).toBe("true");
    await page.keyboard.press("Enter");
    expect(await look.and(page.locator(":focus")).count()).toBe(1);
    released.resolve(undefined);
    await page.getByText(/^(?:Found: \d|Nothing differs)/).waitFor();
    expect(asked).toBe(1);
    expect(await look.and(page.locator(":focus")).count()).toBe(1);
    await context.close();
  });

  it("looks for drift, and puts right what it found after its number is typed", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    await KubernetesObjectApi.makeApiClient(portal.estate.kubeconfig).delete({
      ...{ apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" },
      metadata: { name: "cancer-registry-readers", namespace },
    });
    const { context, page } = await portal.signIn("olga", "/console?view=drift");
    await page.getByRole("button", { name: "Look for drift" }).click();
    await page.getByText(/^Found: /).waitFor();
    await expectAccessible(page, "drift");
    const typed = page.getByLabel(/Type the number to confirm$/);
    if ((await typed.count()) > 0)
      await typed.fill(/^\d+/.exec(await page.getByText(/^\d+ desktops? will be/).innerText())?.[0] ?? "");
    await page.getByRole("button", { name: "Put right" }).click();
    await page.getByText(/^Put right: /).waitFor();
    await expectAccessible(page, "put right");
    await context.close();
  });
});

/** On the page of a desktop. */
async function decide(page: Page, name: string, reason: string): Promise<void> {
  await page.getByText(name, { exact: true }).first().click();
  const form = page.locator("details[open]").filter({ hasText: name });
  await form.getByLabel(/^Reason/).fill(reason);
  await form.getByRole("button", { name: "Show what would happen" }).click();
  await form.getByRole("button", { name: `${name} now` }).click();
}
