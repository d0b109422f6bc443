import { KubernetesObjectApi } from "@kubernetes/client-node";
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { namespace } from "../estate.ts";
import { expectAccessible, noBrowser, usePortal, tabTo } from "./harness.ts";

/** What researchers and operators do by the keyboard alone. No test here has a pointer. */
describe.skipIf(noBrowser)(`the keyboard alone in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({ tidy: ({ estate }) => estate.host.whenIdle() });

  const press = async (page: Page, target: Locator, key = "Enter") => {
    await target.waitFor();
    await tabTo(page, target);
    await page.keyboard.press(key);
  };
  const type = async (page: Page, target: Locator, words: string) => {
    await tabTo(page, target);
    await page.keyboard.type(words);
  };
  const heading = (page: Page, name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

  it("starts a desktop, keeps it longer, asks before a switch, switches, and stops it", async () => {
    const { page } = await portal.signIn("alice");
    await press(page, page.getByRole("button", { name: "Start Asthma cohort" }));
    await page.getByRole("heading", { name: "Guacamole" }).waitFor();
    await page.goto(portal.url);
    await heading(page, "Asthma cohort is ready");

    const longer = page.getByRole("group", { name: "Keep it longer" }).getByRole("button").last();
    await press(page, longer, "Space");
    await page.getByText(/You asked to keep it until then\./).waitFor();
    // The button that was pressed may be gone.
    const end = page.locator(":focus").filter({ hasText: /^It stops at/ });
    await end.waitFor();
    expect(await portal.call<object>("alice", "GET", "/users/alice/desktop")).toHaveProperty("kept");

    const change = page.getByRole("button", { name: "Switch to this workspace Cancer registry" });
    await press(page, change);
    const question = page.getByRole("group", { name: "Switch to Cancer registry?" });
    // A screen reader reads the question, since it has the focus.
    await question.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Escape");
    await change.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await press(page, question.getByRole("button", { name: "Stay" }), "Space");
    await change.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await press(page, question.getByRole("button", { name: "Switch to Cancer registry" }));
    await heading(page, "Cancer registry is ready");
    await page.getByRole("heading", { level: 1 }).and(page.locator(":focus")).waitFor();

    await press(page, page.getByRole("button", { name: "Stop the desktop" }));
    await heading(page, "Your workspaces");
    // The focus is on the heading, and what happened comes after it, so that a screen reader reads it.
    await page.getByRole("heading", { level: 1 }).and(page.locator(":focus")).waitFor();
    const happened = page.getByRole("region", { name: "Cancer registry was stopped" });
    await happened.getByText("You stopped it.").waitFor();
    // Nothing failed: the reference is there for who looks for it.
    expect(await happened.innerText()).not.toContain("Reference");
    const headings = await page.getByRole("main").getByRole("heading").allInnerTexts();
    expect(headings.slice(0, 2)).toEqual(["Your workspaces", "Cancer registry was stopped"]);
    await expectAccessible(page, "stopped");
  });

  it("comes past the menu by the skip link, and to the statement and out", async () => {
    const { page } = await portal.signIn("alice");
    await heading(page, "Your workspaces");
    await page.keyboard.press("Tab");
    const skip = page.getByRole("link", { name: "Skip to main content" });
    await skip.and(page.locator(":focus")).waitFor();
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.getByRole("main").locator(":focus").waitFor();
    await press(page, page.getByRole("link", { name: "Accessibility statement" }));
    await heading(page, "Accessibility statement");
    await press(page, page.getByRole("banner").getByRole("link"));
    await heading(page, "Your workspaces");
    await press(page, page.getByRole("button", { name: "Sign out" }));
    await heading(page, "You are signed out");
    await press(page, page.getByRole("button", { name: "Sign in" }));
    await page.getByLabel(/password/i).waitFor();
  });

  /** Opens an action of the page, and gives a reason; what would happen is shown then. */
  async function preview(page: Page, name: string, more: (form: Locator) => Promise<void> = () => Promise.resolve()) {
    const form = page.getByRole("group").filter({ hasText: name }).last();
    await press(page, form.locator("summary"));
    await more(form);
    await type(page, form.getByLabel(/^Reason/), "the node is replaced");
    await page.keyboard.press("Enter");
    await form.getByRole("button", { name: `${name} now` }).waitFor();
    return form;
  }

  it("finds a desktop by the filter, suspends it after a look at what would happen, extends and retires it", async () => {
    await portal.estate.ask("alice", "asthma-cohort");
    await portal.estate.ask("bob", "cancer-registry");
    const { page } = await portal.signIn("olga", "/console");
    const rows = page.getByRole("table").getByRole("row");
    await expect.poll(() => rows.count()).toBeGreaterThan(2);
    await type(page, page.getByLabel("Person"), "bob");
    await page.keyboard.press("Enter");
    await expect.poll(() => rows.count()).toBe(2);
    await press(page, page.getByRole("link", { name: "bob" }));
    await heading(page, "bob in cancer-registry");

    const extend = await preview(page, "Extend", async (form) => {
      await tabTo(page, form.getByLabel("For how many hours from now"));
      await page.keyboard.press("ArrowDown");
    });
    await press(page, extend.getByRole("button", { name: "Extend now" }));
    await page.getByText(/^Done: kept until /).waitFor();

    const suspend = await preview(page, "Suspend");
    const running = await portal.call<object>("bob", "GET", "/users/bob/desktop");
    expect(running).toMatchObject({ state: "ready", kept: { by: "olga" } });
    await expectAccessible(page, "preview");
    await press(page, suspend.getByRole("button", { name: "Suspend now" }), "Space");
    await page.getByText(/^Done: /).waitFor();
    await portal.estate.host.whenIdle();
    const suspended = await portal.call<object>("bob", "GET", "/users/bob/desktop");
    expect(suspended).toMatchObject({ state: "suspended" });

    const retire = await preview(page, "Retire");
    await press(page, retire.getByRole("button", { name: "Retire now" }));
    await expect
      .poll(() => portal.call<{ desktops: object[] }>("olga", "GET", "/desktops?username=bob"))
      .toMatchObject({ desktops: [] });
  });

  it("ends sessions, pauses and resumes activation, and puts drift right", async () => {
    await portal.estate.ask("bob", "cancer-registry");
    const { page } = await portal.signIn("olga", "/console");
    const menu = (name: string) => page.getByRole("navigation").getByRole("link", { name });
    await press(page, menu("End sessions"));
    await heading(page, "End sessions");
    const form = await preview(page, "End sessions", (fields) => type(page, fields.getByLabel("Person"), "bob"));
    await press(page, form.getByRole("button", { name: "End sessions now" }));
    await page.getByText(/1 of 1 ended, 0 failed/).waitFor();

    await press(page, menu("Maintenance"));
    await heading(page, "Maintenance");
    const activation = page.locator("section").filter({ hasText: "Bringing desktops up" });
    await type(page, activation.getByLabel(/^Reason/), "the cluster is upgraded");
    await press(page, activation.getByRole("button", { name: "Pause activation" }));
    await activation.getByText(/by olga since/).waitFor();
    await type(page, activation.getByLabel(/^Reason/), "the upgrade is done");
    await press(page, activation.getByRole("button", { name: "Resume activation" }));
    await activation.getByRole("button", { name: "Pause activation" }).waitFor();

    await KubernetesObjectApi.makeApiClient(portal.estate.kubeconfig).delete({
      ...{ apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspaceBinding" },
      metadata: { name: "cancer-registry-readers", namespace },
    });
    await press(page, menu("Drift"));
    await heading(page, "Drift");
    await press(page, page.getByRole("button", { name: "Look for drift" }));
    await page.getByText(/^Found: /).waitFor();
    const typed = page.getByLabel(/Type the number to confirm$/);
    if ((await typed.count()) > 0)
      await type(page, typed, /^\d+/.exec(await page.getByText(/^\d+ desktops? will be/).innerText())?.[0] ?? "");
    await press(page, page.getByRole("button", { name: "Put right" }));
    await page.getByText(/^Put right: /).waitFor();
  });
});
