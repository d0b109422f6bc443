import { describe, expect, it } from "vitest";
import { expectAccessible, noBrowser, usePortalInUse, tabTo } from "./harness.ts";

/** What operators do with many desktops at once, in a real browser. */
describe.skipIf(noBrowser)(`many desktops in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortalInUse();

  async function idOf(username: string): Promise<string> {
    const path = `/desktops?username=${username}`;
    const body = await portal.call<{ desktops: { id: string }[] }>("olga", "GET", path);
    return body.desktops[0]?.id ?? "";
  }

  async function open() {
    const person = await portal.signIn("olga", "/console");
    const { page } = person;
    const bulk = page.getByRole("region", { name: "Selected desktops" });
    await page.getByLabel("Select bob in cancer-registry").waitFor();
    return {
      ...person,
      bulk,
      asked: page.getByRole("region", { name: "What you asked for" }),
      preview: async (name: string, reason: string) => {
        const form = bulk.locator("details").filter({ hasText: name });
        await form.locator("summary").click();
        await form.getByLabel(/^Reason/).fill(reason);
        await form.getByRole("button", { name: "Show what would happen" }).click();
        return form;
      },
    };
  }

  it("can be selected and extended together, by the keyboard alone, after a look at what would happen", async () => {
    const { context, page, bulk, asked, faults } = await open();
    const all = page.getByLabel("Select all on this page");
    const extend = bulk.locator("details").filter({ hasText: "Extend" });
    await tabTo(page, extend.locator("summary"));
    await page.keyboard.press("Enter");
    const reason = extend.getByLabel(/^Reason/);
    await tabTo(page, reason);
    await page.keyboard.type("a long analysis");
    await page.keyboard.press("Enter");
    await extend.getByText("Select at least one desktop, and give a reason.").waitFor();
    await tabTo(page, all);
    await page.keyboard.press("Space");
    await bulk.getByText("Selected: 2 desktops of 2 people.").waitFor();
    await tabTo(page, extend.getByRole("button", { name: "Show what would happen" }));
    await page.keyboard.press("Enter");
    await extend
      .getByText("Keep 2 desktops of 2 people from being taken down for the next 4 h. Nobody is connected now.")
      .waitFor();
    await expectAccessible(page, "bulk preview");
    await page.getByLabel("Select bob in cancer-registry").uncheck();
    await expect.poll(() => extend.getByRole("button", { name: "Extend now" }).count()).toBe(0);
    await page.getByLabel("Select bob in cancer-registry").check();
    await extend.getByRole("button", { name: "Show what would happen" }).click();
    await extend.getByRole("button", { name: "Extend now" }).click();
    await asked.getByText("2 of 2 done").waitFor();
    await bulk.getByText("No desktop is selected.").waitFor();
    for (const username of ["alice", "bob"])
      expect(await portal.call<object>(username, "GET", `/users/${username}/desktop`)).toMatchObject({
        kept: { by: "olga", reason: "a long analysis" },
      });
    expect(faults).toEqual([]);
    await context.close();
  });

  it("are suspended together; one that could not be is named", async () => {
    const { context, page, asked, preview } = await open();
    const id = await idOf("bob");
    const refusal = {
      ...{ type: "urn:guacamole-workspaces:cluster-unavailable", title: "Refused", status: 503 },
      ...{
        code: "cluster-unavailable",
        detail: "the cluster does not answer",
        explanation: "Try again.",
        requestId: "1",
      },
    };
    await context.route(`**/api/desktops/${id}/suspend`, (route) =>
      route.fulfill({
        status: 503,
        contentType: "application/problem+json",
        body: JSON.stringify(refusal),
      }),
    );
    await page.getByLabel("Select all on this page").check();
    const form = await preview("Suspend", "the nodes are replaced");
    await form.getByText(/^Suspend 2 desktops of 2 people/).waitFor();
    await form.getByRole("button", { name: "Suspend now" }).click();
    await asked.getByText("1 of 2 done, 1 not done").waitFor();
    await asked.getByText("bob in cancer-registry: Failed: the cluster does not answer").waitFor();
    await expectAccessible(page, "bulk with a failure");
    await portal.estate.host.whenIdle();
    const stateOf = async (username: string) =>
      (await portal.call<{ state: string }>(username, "GET", `/users/${username}/desktop`)).state;
    expect([await stateOf("alice"), await stateOf("bob")]).toEqual(["suspended", "ready"]);
    await context.close();
  });

  it("stay selected while the list is refreshed, and one that is gone is dropped visibly", async () => {
    const { context, page, bulk } = await open();
    await page.getByLabel("Select all on this page").check();
    await portal.call("olga", "POST", `/desktops/${await idOf("alice")}/retire`, { reason: "over" });
    await portal.estate.host.whenIdle();
    await bulk.getByText("Not listed any more, and not selected: alice in asthma-cohort.").waitFor();
    await bulk.getByText("Selected: 1 desktop of 1 person.").waitFor();
    expect(await page.getByLabel("Select bob in cancer-registry").isChecked()).toBe(true);
    await expectAccessible(page, "selection without one that is gone");
    await context.close();
  });

  it("of another filter are not shown until they are known", async () => {
    const { context, page } = await open();
    const released = Promise.withResolvers<undefined>();
    await context.route(/\/api\/desktops\?.*workspace=cancer-registry/, async (route) => {
      await released.promise;
      await route.continue();
    });
    await page.getByLabel("Workspace").focus();
    await page.getByLabel("Workspace").selectOption("cancer-registry");
    await page.getByText("Looking for desktops …").waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await expect.poll(() => page.getByLabel("Workspace").and(page.locator(":focus")).count()).toBe(1);
    released.resolve(undefined);
    await page.getByLabel("Select bob in cancer-registry").waitFor();
    await context.close();
  });
});
