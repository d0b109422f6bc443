import { randomUUID } from "node:crypto";

interface LoginRequest {
  client: string;
  redirectUri: string;
  responseType?: string;
}

/** Where redirects ended. Without its text, an address elsewhere. */
export interface Page {
  address: string;
  text?: string;
  status?: number;
  /** Every cookie that was set on the way. */
  cookies: readonly string[];
}

/**
 * A person's browser, as far as Keycloak's login form needs one: it keeps cookies, follows Keycloak's redirects, and
 * stops at the first address elsewhere.
 */
export class Browser {
  readonly #cookies = new Map<string, string>();
  readonly #issuer: string;

  constructor(issuer: string) {
    this.#issuer = issuer;
  }

  /**
   * Logs in to a client by its redirect, as Guacamole does (implicit flow), and returns the parameters with which
   * Keycloak sends the person back. Without a form, because the browser is logged in already, the password is not used.
   */
  async logIn(username: string, password: string, request: LoginRequest): Promise<URLSearchParams> {
    const page = await this.#enter(username, password, request);
    if (page.text !== undefined) throw new Error(`log in: Keycloak shows:\n${inShort(page.text)}`);
    const { hash, search } = new URL(page.address);
    return new URLSearchParams(hash === "" ? search.slice(1) : hash.slice(1));
  }

  /** Deletes the person's own account, as the account console does: Keycloak asks for a login and a confirmation. */
  async deleteAccount(username: string, password: string, request: LoginRequest): Promise<void> {
    const { text } = await this.#enter(username, password, { ...request, action: "delete_account" });
    const [, action] = /<form[^>]*action="([^"]+)"/.exec(text ?? "") ?? [];
    if (action === undefined)
      throw new Error(`delete an account: Keycloak does not ask but shows:\n${inShort(text ?? "")}`);
    await this.open(action.replaceAll("&amp;", "&"), new URLSearchParams());
  }

  /** Logs out by the address that a client sends its people to. `idToken` spares the question whether to. */
  async logOut(idToken: string, redirectUri: string): Promise<void> {
    const address = new URL(`${this.#issuer}/protocol/openid-connect/logout`);
    address.search = new URLSearchParams({
      id_token_hint: idToken,
      post_logout_redirect_uri: redirectUri,
    }).toString();
    const { text } = await this.open(address.href);
    if (text !== undefined) throw new Error(`log out: Keycloak shows:\n${inShort(text)}`);
  }

  /** Asks to be sent to a client, and fills in the login form if there is one. */
  async #enter(username: string, password: string, request: LoginRequest & { action?: string }): Promise<Page> {
    const { client, redirectUri, responseType = "id_token", action: wanted } = request;
    const address = new URL(`${this.#issuer}/protocol/openid-connect/auth`);
    address.search = new URLSearchParams({
      client_id: client,
      redirect_uri: redirectUri,
      response_type: responseType,
      scope: "openid email profile",
      nonce: randomUUID(),
      ...(wanted !== undefined && { kc_action: wanted }),
    }).toString();
    let page = await this.open(address.href);
    if (page.text !== undefined) page = await this.submitLogin(page, username, password);
    return page;
  }

  /** Fills in the login form that a page shows. */
  submitLogin(page: Page, username: string, password: string): Promise<Page> {
    const [, action] = /<form[^>]*id="kc-form-login"[^>]*action="([^"]+)"/.exec(page.text ?? "") ?? [];
    if (action === undefined) throw new Error(`log in: Keycloak shows no login form but:\n${inShort(page.text ?? "")}`);
    return this.open(action.replaceAll("&amp;", "&"), new URLSearchParams({ username, password }));
  }

  /** Presses the button of a page that asks whether to log out. */
  confirmLogout(page: Page): Promise<Page> {
    const text = page.text ?? "";
    const [, action] = /<form[^>]*action="([^"]+)"/.exec(text) ?? [];
    const [, code] = /name="session_code" value="([^"]+)"/.exec(text) ?? [];
    if (action === undefined || code === undefined)
      throw new Error(`log out: Keycloak does not ask:\n${inShort(text)}`);
    const form = new URLSearchParams({ session_code: code, confirmLogout: "Logout" });
    return this.open(new URL(action.replaceAll("&amp;", "&"), page.address).href, form);
  }

  /** Returns the page at the end of Keycloak's redirects, or, without its text, the address elsewhere. */
  async open(address: string, form?: URLSearchParams): Promise<Page> {
    let body = form;
    const cookies: string[] = [];
    for (let at = address; ; body = undefined) {
      if (!at.startsWith(new URL(this.#issuer).origin)) return { address: at, cookies };
      const response = await fetch(at, {
        redirect: "manual",
        headers: { cookie: [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") },
        ...(body && { method: "POST", body }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        this.#cookies.set(name, value);
        cookies.push(cookie);
      }
      const location = response.headers.get("location");
      const text = await response.text();
      if (location === null) return { address: at, text, status: response.status, cookies };
      at = new URL(location, at).href;
    }
  }
}

function inShort(page: string): string {
  return page
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, "")
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .slice(0, 1_000);
}
