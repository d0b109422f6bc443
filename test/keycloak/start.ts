import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { killLeftovers, startProduct, untilPrinted } from "../started-product.ts";
import { keycloakHomes } from "../../local/keycloak/distribution.ts";
import { missingTool } from "../provider/maven.ts";
import { chromiumPath } from "./chromium.ts";
import { journeyThroughPortal } from "./portal-journey.ts";

const missing =
  keycloakHomes(process.env).length === 0
    ? "KEYCLOAK_HOME is not set"
    : chromiumPath === undefined
      ? "there is no Chromium"
      : await missingTool();

/** `npm start -- --keycloak` starts a Keycloak of its own: the newest that KEYCLOAK_HOME names. */
export function describeStart(): void {
  if (missing !== undefined) console.warn(`skipped: npm start -- --keycloak: ${missing}`);
  describe.skipIf(missing !== undefined)("npm start -- --keycloak", () => {
    let state: string;
    beforeAll(async () => {
      state = await mkdtemp(join(tmpdir(), "start-keycloak-"));
    });
    afterAll(async () => {
      await killLeftovers();
      await rm(state, { recursive: true, force: true });
    });

    it("a person logs in at the printed address, chooses, and the claim is shown; another goes through the portal; events arrive; Ctrl-C ends all", async () => {
      const started = startProduct(state, "--keycloak");
      await untilPrinted(started, "Ctrl-C stops everything");
      const output = started.output();
      expect(output).toContain("The desktop is ready: ");
      const [, address = ""] = /Log in as a person, in a browser: (\S+)/.exec(output) ?? [];
      const [, password = ""] = /alice \(password: (\w+)\)/.exec(output) ?? [];
      const { issuer } = JSON.parse(await readFile(join(state, "running.json"), "utf8")) as { issuer: string };

      const browser = await chromium.launch({ executablePath: chromiumPath ?? "", args: ["--no-sandbox"] });
      try {
        const page = await browser.newPage();
        await page.goto(address);
        await page.click("#login");
        await page.fill("#username", "alice");
        await page.fill("#password", password);
        await page.click("#kc-login");
        await page.check('input[value="cancer-registry"]');
        await page.click("#cw-choose");
        await page.waitForSelector("#answer:not([hidden])", { timeout: 90_000 });
        expect(await page.innerText("#outcome")).toBe("Guacamole would know this person as cancer-registry@alice");
        expect(page.url()).toBe(address);
        await page.click("#logout");
        await page.waitForSelector("#answer", { state: "hidden" });
        expect(page.url()).toBe(address);
        const [, portal = ""] = /^Portal, for researchers: +(\S+)/m.exec(output) ?? [];
        await journeyThroughPortal(browser, { portal, guacamole: address });
      } finally {
        await browser.close();
      }
      expect(await run("play-keycloak.ts", "--state", state, "disable", "alice")).toMatch(/^alice is disabled/);
      const log = () => readFile(join(state, "host.log"), "utf8");
      await expect.poll(log).toMatch(/Executed 'Functions\.backchannelLogout' \(Succeeded/);
      await expect.poll(() => seenBy(state)).not.toContain("alice");

      started.child.kill("SIGINT");
      expect((await started.ended).code).toBe(0);
      await expect(fetch(issuer)).rejects.toThrow("fetch failed");
      await expect(fetch(address)).rejects.toThrow("fetch failed");
    }, 900_000);

    it("the next start has what was changed, and Ctrl-C ends it while Keycloak starts", async () => {
      const started = startProduct(state, "--keycloak");
      await untilPrinted(started, "starting Keycloak");
      started.child.kill("SIGINT");
      expect((await started.ended).code).toBe(130);
      const again = await startProduct(state, "--keycloak", "--once").ended;
      expect(again.output).toContain("get a token of alice: the identity provider answered 400 invalid_grant");
    }, 900_000);
  });
}

async function run(script: string, ...args: string[]): Promise<string> {
  const file = new URL(`../../local/${script}`, import.meta.url).pathname;
  return (await promisify(execFile)(process.execPath, [file, ...args])).stdout;
}

/** Whose desktops an administrator sees. */
async function seenBy(state: string): Promise<string> {
  const { api } = JSON.parse(await readFile(join(state, "running.json"), "utf8")) as { api: string };
  const token = (await run("print-token.ts", "--state", state, "olga")).trim();
  const response = await fetch(`${api}/api/desktops`, { headers: { authorization: `Bearer ${token}` } });
  return response.text();
}
