import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import * as examples from "../../functions/http/examples.ts";
import { noBrowser, usePortal } from "./harness.ts";

/** Counts what a screen reader would say: changes of the texts in status and alert regions. */
const countAnnouncements = `
  announced = [];
  new MutationObserver((changes) => {
    for (const { target, addedNodes } of changes) {
      const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      const region = element?.closest("[role=status], [role=alert], [aria-live]");
      if (region && region.textContent.trim() !== "") announced.push(region.textContent);
      else for (const node of addedNodes)
        if (node.nodeType === Node.ELEMENT_NODE)
          for (const each of [node, ...node.querySelectorAll("*")])
            if (each.matches("[role=status], [role=alert], [aria-live]") && each.textContent.trim() !== "") announced.push(each.textContent);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
`;

/** Status messages (4.1.3): told when something changes, and not at each answer. Time goes on as the test says. */
describe.skipIf(noBrowser)(`announcements in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal();

  const announced = (page: Page) => page.evaluate<string[]>("announced");

  /** A signed-in page whose API answers as the function says; it counts the answers. */
  async function open(username: string, path: string, answer: (call: string) => { status: number; body: unknown }) {
    const { context, page } = await portal.visit(path);
    await page.clock.install();
    const calls: string[] = [];
    await context.route(`${portal.url}/api/**`, async (route) => {
      const call = `${route.request().method()} ${new URL(route.request().url()).pathname.replace("/api/", "")}`;
      const { status, body } = answer(call);
      await route.fulfill({ status, json: body, headers: { "retry-after": "5" } });
      calls.push(call);
    });
    await page.getByLabel(/username/i).fill(username);
    await page.getByLabel(/password/i).fill(username);
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    /** Lets time pass until so many more answers to this call have come. */
    const after = async (more: number, asked: string) => {
      const count = () => calls.filter((call) => call.startsWith(asked)).length;
      const enough = count() + more;
      await expect
        .poll(async () => {
          await page.clock.fastForward(35_000);
          return count();
        })
        .toBeGreaterThanOrEqual(enough);
    };
    return { page, after };
  }

  it("tell each step of a start once, however often the API says the same", async () => {
    const steps = ["entitlement", "readiness"];
    let number = 1;
    let message = "the container is being created";
    const operation = () => ({
      ...{ id: examples.runningOperation.id, username: "alice", workspace: "asthma-cohort", state: "running" },
      progress: { step: steps[number - 1], number, of: 2, since: "2026-11-24T12:00:00.000Z", message, steps },
      seen: "the same",
    });
    const { page, after } = await open("alice", "/", (call) => {
      if (call.endsWith("/workspaces")) return { status: 200, body: examples.workspaces };
      if (!call.startsWith("GET users")) return { status: 202, body: operation() };
      const why = { reason: "x", explanation: "X.", operation: examples.runningOperation.id };
      const starting = { username: "alice", workspace: null, wanted: "asthma-cohort", state: "starting", ...why };
      return { status: 200, body: starting };
    });
    const now = page.getByRole("status").filter({ hasText: "Check your access" });
    await now.waitFor();
    await page.evaluate(countAnnouncements);
    await after(3, "GET operations");
    expect(await announced(page)).toEqual([]);
    // What the cluster says in between is in the details, and not read out.
    message = "the image is being pulled";
    await after(2, "GET operations");
    expect(await announced(page)).toEqual([]);
    number = 2;
    await after(2, "GET operations");
    expect(await announced(page)).toEqual(["Wait until it is ready"]);
  });

  it("tell an outage once, and say nothing while it lasts", async () => {
    let away = false;
    const { page, after } = await open("alice", "/", (call) => {
      if (away) return { status: 502, body: {} };
      if (call.endsWith("/workspaces")) return { status: 200, body: examples.workspaces };
      return { status: 200, body: { ...examples.personsDesktop, endsAt: undefined } };
    });
    await page.getByRole("heading", { level: 1, name: "Asthma cohort is ready" }).waitFor();
    await page.evaluate(countAnnouncements);
    await after(3, "GET users/alice/desktop");
    expect(await announced(page)).toEqual([]);
    away = true;
    await after(4, "GET users/alice/desktop");
    expect(await announced(page)).toEqual([expect.stringMatching(/^What you see may be old/)]);
  });

  it("do not tell the console's list at each look", async () => {
    const { page, after } = await open("olga", "/console", () => ({ status: 200, body: examples.desktops }));
    await page.getByRole("link", { name: "alice" }).waitFor();
    await page.evaluate(countAnnouncements);
    await after(4, "GET desktops");
    expect(await announced(page)).toEqual([]);
  });
});
