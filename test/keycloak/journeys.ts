import { KubernetesObjectApi, PatchStrategy } from "@kubernetes/client-node";
import { decodeJwt, type JWTPayload } from "jose";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { expect, type TestContext } from "vitest";
import { systemClock } from "@stand-in/functions-host";
import type { RealKeycloak } from "../../local/keycloak/real-keycloak.ts";
import { patienceMilliseconds } from "../browser/harness.ts";
import { tellWhatIsShown } from "../browser/shown.ts";
import { namespace, startTestEstate, type TestEstate } from "../estate.ts";
import { type ApiTap, startApiTap } from "./api-tap.ts";
import { callAs } from "./call-as.ts";
import { createRealm, guacamole, realmName, type TestRealm } from "./realm.ts";
import { type Recorder, startRecorder } from "@stand-in/identity/contract";

/** Without it, the template of Keycloak 25 has no `lang` (WCAG 2.2, 3.1.1). */
export const english = { internationalizationEnabled: true, supportedLocales: ["en"], defaultLocale: "en" };

export interface Visit {
  /** Opens another tab in this browser instead of a new browser. */
  context?: BrowserContext;
  /** More parameters of the authorization request. */
  more?: Readonly<Record<string, string>>;
  javaScriptEnabled?: boolean;
}

/** What Keycloak sent along when it sent the person back. */
export interface Arrival {
  claims: JWTPayload;
  sent: URLSearchParams;
}

/** People in Chromium, the real Keycloak with our provider, and the product from its sources on the other stand-ins. */
export class Journeys {
  static async start(keycloak: RealKeycloak, executablePath: string): Promise<Journeys> {
    const name = realmName();
    // Waits take real time, because the pages wait too.
    const settings = { OIDC_ISSUER: `${keycloak.url}/realms/${name}` };
    const estate = await startTestEstate(undefined, settings, systemClock);
    const tap = await startApiTap(estate.host.url);
    const realm = await createRealm(keycloak, name, `${tap.url}/api`);
    const atGuacamole = await startRecorder();
    const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
    const journeys = new Journeys(keycloak, estate, tap, realm, atGuacamole, browser);
    await journeys.configure(journeys.usual);
    await journeys.changeRealm(english);
    await journeys.changeClient(guacamole.client, { redirectUris: [`${atGuacamole.url}/*`] });
    return journeys;
  }

  readonly keycloak: RealKeycloak;
  readonly estate: TestEstate;
  readonly tap: ApiTap;
  readonly realm: TestRealm;
  /** Where Keycloak sends people back to. */
  readonly atGuacamole: Recorder;
  readonly #browser: Browser;
  readonly #contexts: BrowserContext[] = [];
  /** Lets the starts go on that a test holds. */
  #go = () => {};
  private constructor(
    ...[keycloak, estate, tap, realm, atGuacamole, browser]: [
      RealKeycloak,
      TestEstate,
      ApiTap,
      TestRealm,
      Recorder,
      Browser,
    ]
  ) {
    this.keycloak = keycloak;
    this.estate = estate;
    this.tap = tap;
    this.realm = realm;
    this.atGuacamole = atGuacamole;
    this.#browser = browser;
  }

  /** The settings of the action, between the tests. On a machine that others use too, an answer may take several times as long. */
  get usual() {
    return { apiUrl: `${this.tap.url}/api`, recheckSeconds: "60", readTimeoutSeconds: "30" };
  }

  /** Ends faults and closes browsers, so that the next journey begins afresh. */
  async endOne(test: Pick<TestContext, "task">): Promise<void> {
    await tellWhatIsShown(test, this.#contexts);
    this.estate.mend();
    this.#go();
    this.tap.fault = undefined;
    this.tap.calls = [];
    await Promise.all(this.#contexts.splice(0).map((each) => each.close()));
    await this.configure(this.usual);
  }

  async close(): Promise<void> {
    await Promise.all([this.#browser, this.atGuacamole, this.tap, this.estate].map((each) => each.close()));
  }

  async open(client: string, { context, more = {}, javaScriptEnabled = true }: Visit = {}): Promise<Page> {
    const viewport = { width: 320, height: 800 };
    const used = context ?? (await this.#browser.newContext({ javaScriptEnabled, viewport }));
    if (!context) this.#contexts.push(used);
    used.setDefaultTimeout(patienceMilliseconds);
    const page = await used.newPage();
    const address = new URL(`${this.realm.issuer}/protocol/openid-connect/auth`);
    address.search = new URLSearchParams({
      client_id: client,
      redirect_uri: `${this.atGuacamole.url}/`,
      response_type: "id_token",
      scope: "openid",
      nonce: "n",
      ...more,
    }).toString();
    await page.goto(address.href);
    return page;
  }

  openGuacamole(visit: Visit = {}): Promise<Page> {
    return this.open(guacamole.client, visit);
  }

  async logIn(username: string, visit: Visit = {}): Promise<Page> {
    const page = await this.openGuacamole(visit);
    await this.sendPassword(page, username);
    return page;
  }

  async sendPassword(page: Page, username: string): Promise<void> {
    // Keycloak knows the name of a person who signs in again.
    await page.waitForSelector("#kc-login");
    if (await page.isVisible("#username")) await page.fill("#username", username);
    await page.fill("#password", username);
    await page.click("#kc-login");
  }

  async choose(page: Page, workspace: string): Promise<void> {
    await page.check(`input[value="${workspace}"]`);
    await page.click("#cw-choose");
  }

  /** Waits until the person is at Guacamole. */
  async arrive(page: Page): Promise<Arrival> {
    await page.waitForURL(`${this.atGuacamole.url}/#*`);
    const sent = new URLSearchParams(new URL(page.url()).hash.slice(1));
    const token = sent.get("id_token");
    return { claims: token === null ? {} : decodeJwt(token), sent };
  }

  /** Waits until the person is at Guacamole, and returns the name that Guacamole reads. */
  async nameOf(page: Page): Promise<unknown> {
    return (await this.arrive(page)).claims["guacamole_username"];
  }

  /** Calls the product as the person, and expects that what was asked for is done by then. */
  async call(username: string, method: string, path: string, body?: object): Promise<void> {
    expect(await callAs({ realm: this.realm, url: this.estate.host.url }, username, method, path, body)).toBe(200);
  }

  /** Changes settings of the action, as its page in the admin console does. */
  async configure(settings: Record<string, string>): Promise<void> {
    const { accessToken = "" } = await this.realm.administrator();
    const realm = `${this.keycloak.url}/admin/realms/${this.realm.name}`;
    const address = `${realm}/authentication/required-actions/choose-workspace/config`;
    const headers = { authorization: `Bearer ${accessToken}`, "content-type": "application/json" };
    const { config } = (await (await fetch(address, { headers })).json()) as { config: Record<string, string> };
    const body = JSON.stringify({ config: { ...config, ...settings } });
    expect((await fetch(address, { method: "PUT", headers, body })).status).toBe(204);
  }

  async changeClient(clientId: string, change: object): Promise<void> {
    const { clients } = await this.realm.administrator();
    const [client] = await clients.find({ clientId });
    await clients.update({ id: client?.id ?? "" }, { ...client, ...change });
  }

  async changeRealm(change: object): Promise<void> {
    const { realms } = await this.realm.administrator();
    await realms.update({ realm: this.realm.name }, change);
  }

  setExpiry(binding: string, expires: string): Promise<void> {
    return this.#patch("AnalyticsWorkspaceBinding", binding, { expires });
  }

  describeWorkspace(workspace: string, words: { displayName: string; description: string }): Promise<void> {
    return this.#patch("AnalyticsWorkspace", workspace, words);
  }

  async #patch(kind: string, name: string, spec: object): Promise<void> {
    const manifest = { apiVersion: "xlscsde.nhs.uk/v1", kind, metadata: { name, namespace }, spec };
    const objects = KubernetesObjectApi.makeApiClient(this.estate.kubeconfig);
    await objects.patch(manifest, undefined, undefined, undefined, undefined, PatchStrategy.MergePatch);
  }

  /** Takes the person's desktop down, so that the next choice has steps to watch. */
  async suspend(username: string): Promise<void> {
    await this.call(username, "DELETE", `/users/${username}/desktop?wait=10`);
  }

  /** Lets starts wait before their last steps until the returned function is called. */
  holdStarts(): () => void {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.estate.faults.beforeActivity = ({ name }) => (name === "grantPermission" ? promise : undefined);
    this.#go = () => {
      resolve(undefined);
    };
    return this.#go;
  }
}
