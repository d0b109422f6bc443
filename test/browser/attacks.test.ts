import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { portalClientId } from "../../local/browser-clients.ts";
import { namespace } from "../estate.ts";
import { everything } from "../everything.ts";
import { noBrowser, usePortal, submitLogin, visitsTo } from "./harness.ts";

const markup = `<img src=x onerror="alert(1)"><script>alert(2)</script>`;
const mallory = {
  username: "mallory",
  password: "mallory",
  roles: ["desktop-admin"],
  claims: { groups: ["/registry/readers"] },
};

/** Attacks on the pages, carried out in a real browser. docs/security.md has the table. */
describe.skipIf(noBrowser)(`attacks in a browser${noBrowser ? ` (skipped: ${noBrowser})` : ""}`, () => {
  const portal = usePortal({
    settings: { PORTAL_SUPPORT: `the team ${markup}` },
    more: { users: [mallory] },
  });
  let foreign: Server;
  let foreignUrl: string;
  let foreignPage = "";
  beforeAll(async () => {
    foreign = createServer((_request, response) => response.setHeader("content-type", "text/html").end(foreignPage));
    foreign.listen(0, "127.0.0.1");
    await once(foreign, "listening");
    foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`;
  });
  afterAll(() => {
    foreign.closeAllConnections();
    foreign.close();
  });

  it("markup in the names of a workspace and of a person is text", async () => {
    await KubernetesObjectApi.makeApiClient(portal.estate.kubeconfig).patch(
      {
        ...{ apiVersion: "xlscsde.nhs.uk/v1", kind: "AnalyticsWorkspace" },
        metadata: { name: "cancer-registry", namespace },
        ...{ spec: { displayName: `Registry ${markup}`, description: `About ${markup}` } },
      },
      ...([undefined, undefined, undefined, undefined, PatchStrategy.MergePatch] as const),
    );
    const { context, page, faults } = await portal.visit();
    await callThemselves(context, `Mallory ${markup}`);
    await submitLogin(page, "mallory");
    await page.getByRole("heading", { name: `Registry ${markup}` }).waitFor();
    expect(await page.getByRole("banner").innerText()).toContain(`Mallory ${markup}`);
    expect(await page.getByRole("main").innerText()).toContain(`About ${markup}`);
    expect(await page.locator("#app img, #app script, [onerror]").count()).toBe(0);
    expect(faults).toEqual([]);
  });

  it("an answer to a sign-in that this tab did not begin is not taken, and its code is not used", async () => {
    const { context, page } = await portal.visit(); // which began one of its own
    const sent: string[] = [];
    context.on("request", (request) => sent.push(request.url() + (request.postData() ?? "")));
    await page.getByLabel(/password/i).waitFor();
    await page.goto(`${portal.url}/?code=stolen&state=foreign&session_state=x&iss=x`);
    await page.getByLabel(/password/i).waitFor();
    await submitLogin(page, "bob");
    expect(sent.filter((each) => each.includes("stolen"))).toEqual([
      `${portal.url}/?code=stolen&state=foreign&session_state=x&iss=x`,
    ]);
    expect(page.url()).toBe(`${portal.url}/`);
  });

  it("a sign-in leads to no page but the portal's", async () => {
    const query = `?returnTo=${encodeURIComponent(foreignUrl)}&redirect_uri=${encodeURIComponent(foreignUrl)}`;
    const { page, faults } = await portal.signIn("bob", `/${query}#//${foreignUrl}`);
    expect(new URL(page.url()).origin).toBe(portal.url);
    expect(faults).toEqual([]);
    const { issuer } = portal.estate.identity;
    for (const uri of [foreignUrl, `${portal.url}/other`, `${portal.url}.example.org/`, `${portal.url}/?x=1`]) {
      const request = { client_id: portalClientId, response_type: "code", redirect_uri: uri, scope: "openid" };
      const pkce = { code_challenge: "x".repeat(43), code_challenge_method: "S256" };
      const address = `${issuer}/protocol/openid-connect/auth?${new URLSearchParams({ ...request, ...pkce }).toString()}`;
      const answer = await page.goto(address);
      expect([uri, answer?.status(), page.url()]).toEqual([uri, 400, address]);
    }
  });

  it("no token is in an address, the history or a referrer, but the one that ends its own session", async () => {
    const told: string[] = [];
    const { context, page } = await portal.visit("/", (fresh) =>
      fresh.on("request", (request) => told.push(request.url(), request.headers()["referer"] ?? "")),
    );
    await submitLogin(page, "bob");
    await page.reload();
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    expect(told.filter((each) => /eyJ/.test(each))).toEqual([]);
    const { entries } = await (await context.newCDPSession(page)).send("Page.getNavigationHistory");
    expect(entries.length).toBeGreaterThan(1);
    expect(entries.filter(({ url }) => /code=|eyJ/.test(url))).toEqual([]);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    const { issuer } = portal.estate.identity;
    for (const each of told.filter((address) => /eyJ/.test(address))) {
      expect(each.startsWith(`${issuer}/protocol/openid-connect/logout?`)).toBe(true);
      expect([...new URL(each).searchParams].filter(([, value]) => value.startsWith("eyJ"))).toEqual([
        ["id_token_hint", expect.any(String)],
      ]);
    }
  });

  it("the next person at a shared machine finds nothing in the browser's memory of pages", async () => {
    const browser = await visitsTo(portal.url, portal.estate.identity.issuer, ["--disable-back-forward-cache"]);
    const { context, page } = await browser.signIn("olga");
    await page.getByText("Signed in as").waitFor();
    const note =
      "addEventListener('pageshow', ({ persisted }) => persisted && sessionStorage.setItem('seen', document.body.innerText))";
    await page.evaluate(note);
    await page.getByRole("link", { name: "Accessibility statement" }).click();
    await page.getByRole("heading", { name: "Accessibility statement" }).waitFor();
    const other = await context.newPage();
    await other.goto(portal.url);
    await other.getByRole("button", { name: "Sign out" }).click();
    await other.getByRole("heading", { name: "You are signed out" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { name: "You are signed out" }).waitFor();
    // Not null: the page did come from the browser's memory.
    expect(await page.evaluate("sessionStorage.getItem('seen')")).toEqual(expect.not.stringContaining("olga"));
    await browser.close();
  });

  it("no page of another origin shows the portal in a frame", async () => {
    foreignPage = `<iframe src="${portal.url}/"></iframe><iframe src="${portal.url}/console"></iframe>`;
    const { page } = await portal.signIn("bob");
    await page.goto(foreignUrl, { waitUntil: "load" });
    const frames = page.frames().filter((frame) => frame !== page.mainFrame());
    expect(frames).toHaveLength(2);
    for (const frame of frames) expect(await frame.locator("#app").count()).toBe(0);
  });

  it("a page of another origin changes nothing by a form, and reads nothing, although the person is signed in", async () => {
    await portal.signIn("bob").then(({ context }) => context.close());
    const before = await everything(portal.estate);
    const target = `${portal.url}/api/users/bob/desktop/extend`;
    foreignPage = `<form method="post" enctype="text/plain" action="${target}">
      <input name='{"until":"2099-01-01T00:00:00Z","x":"' value='"}'><button>Win a prize</button></form>`;
    const { page } = await portal.signIn("bob");
    await page.goto(foreignUrl);
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === target),
      page.getByRole("button").click(),
    ]);
    expect(answer.status()).toBe(401);
    await page.goto(foreignUrl);
    const fetches = `Promise.all([
      fetch(${JSON.stringify(target)}, { method: "POST", body: "{}", credentials: "include", mode: "no-cors" }),
      ...["GET", "DELETE"].map((method) => fetch(${JSON.stringify(target.replace("/extend", ""))}, {
        method, credentials: "include", headers: { authorization: "Bearer x" },
      }).then(() => "read", () => "refused")),
    ]).then(([opaque, ...others]) => [opaque.type, ...others])`;
    expect(await page.evaluate(fetches)).toEqual(["opaque", "refused", "refused"]);
    expect(await everything(portal.estate)).toEqual(before);
  });
});

/** The pages read this name in their token; the API gets the token as it was issued. */
async function callThemselves(context: BrowserContext, name: string): Promise<void> {
  let issued = "";
  await context.route("**/protocol/openid-connect/token", async (route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as { access_token: string };
    issued = answer.access_token;
    const [header = "", payload = "", signature = ""] = issued.split(".");
    const claims = { ...(JSON.parse(Buffer.from(payload, "base64url").toString()) as object), name };
    const changed = [header, Buffer.from(JSON.stringify(claims)).toString("base64url"), signature].join(".");
    await route.fulfill({ response, json: { ...answer, access_token: changed } });
  });
  await context.route("**/api/**", (route) =>
    route.continue({ headers: { ...route.request().headers(), authorization: `Bearer ${issued}` } }),
  );
}
