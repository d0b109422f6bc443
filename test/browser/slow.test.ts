import type { Route } from "playwright-core";
import { describe, expect, it } from "vitest";
import * as examples from "../../functions/http/examples.ts";
import { consoleTexts } from "../../portal/console/texts.ts";
import { texts } from "../../portal/texts.ts";
import { noBrowser, type Person, usePortal } from "./harness.ts";

type Asked = { call: string; answer: (body: unknown) => Promise<void> };

/** A slow network, whose answers come in another order than the questions were asked: the test answers each call. */
describe.skipIf(noBrowser)(`a slow network in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();

  /** Holds every call; `asked` waits for the next one to this method and path, with its query. */
  async function open(username: string, path: string) {
    const waiting: Asked[] = [];
    const person: Person = await portal.visit(path);
    await person.context.route(`${portal.url}/api/**`, (route: Route) => {
      const { pathname, search } = new URL(route.request().url());
      waiting.push({
        call: `${route.request().method()} ${pathname.replace("/api/", "")}${search}`,
        // Of a call that was given up nobody takes the answer.
        answer: (body) => route.fulfill({ json: body }).catch(() => undefined),
      });
    });
    const asked = async (call: string): Promise<Asked> => {
      await expect.poll(() => waiting.some((each) => each.call.startsWith(call)), { message: call }).toBe(true);
      const index = waiting.findIndex((each) => each.call.startsWith(call));
      const [found] = waiting.splice(index, 1);
      if (!found) throw new Error(call);
      return found;
    };
    const { page } = person;
    await page.getByLabel(/username/i).fill(username);
    await page.getByLabel(/password/i).fill(username);
    await page.keyboard.press("Enter");
    return { ...person, asked };
  }

  it("does not undo what a person did with an answer from before", async () => {
    const { page, asked, faults } = await open("alice", "/");
    const ready = { ...examples.personsDesktop, endsAt: undefined, mayExtendUntil: "2099-01-01T00:00:00.000Z" };
    const kept = { ...ready, kept: examples.ownKept };
    await (await asked("GET users/alice/desktop")).answer(ready);
    await (await asked("GET users/alice/workspaces")).answer(examples.workspaces);
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    // It looks, and is not answered; meanwhile its person keeps the desktop.
    await page.evaluate("dispatchEvent(new Event('online'))");
    const old = await asked("GET users/alice/desktop");
    await page.getByRole("group", { name: texts.running.keepTitle }).getByRole("button").first().click();
    await (await asked("POST users/alice/desktop/extend")).answer(examples.ownKept);
    await (await asked("GET users/alice/desktop")).answer(kept);
    await page.getByText(/^It is kept until/).waitFor();
    await old.answer({ ...ready, reason: "from before" });
    await (await asked("GET users/alice/desktop")).answer(kept);
    await (await asked("GET users/alice/workspaces")).answer(examples.workspaces);
    await page.getByText(/^It is kept until/).waitFor();
    expect(await page.getByRole("main").textContent()).not.toContain("from before");
    expect(faults).toEqual([]);
  });

  it("shows of two filters the list of the one that was chosen last", async () => {
    const { page, asked, faults } = await open("olga", "/console");
    const listed = (username: string) => ({
      ...examples.desktops,
      desktops: examples.desktops.desktops.map((each) => ({ ...each, username })),
      next: undefined,
      counts: { states: { ready: 1, idle: 2 }, workspaces: {}, rules: {} },
    });
    await (await asked("GET desktops")).answer(listed("anna"));
    await page.getByRole("link", { name: "anna" }).waitFor();
    const filter = page.getByLabel(consoleTexts.desktops.person);
    const choose = async (username: string) => {
      await filter.fill(username);
      await filter.press("Enter");
      return asked("GET desktops");
    };
    const states = page.getByLabel(consoleTexts.desktops.columns.state).getByRole("option");
    const choices = await states.count();
    expect(choices).toBeGreaterThan(1);
    const [first, second] = [await choose("carla"), await choose("berta")];
    expect(await states.count()).toBe(choices);
    expect([first.call, second.call]).toEqual([
      expect.stringContaining("username=carla"),
      expect.stringContaining("username=berta"),
    ]);
    await second.answer(listed("berta"));
    await page.getByRole("link", { name: "berta" }).waitFor();
    await first.answer(listed("carla"));
    await page.getByRole("link", { name: "berta" }).click();
    await (await asked("GET desktops/")).answer({ ...examples.desktop, username: "berta" });
    await page.getByRole("heading", { level: 1, name: /^berta/ }).waitFor();
    await page.goBack();
    await (await asked("GET desktops")).answer(listed("berta"));
    await page.getByRole("link", { name: "berta" }).waitFor();
    expect(await page.getByRole("main").innerText()).not.toContain("carla");
    expect(faults).toEqual([]);
  });
});
