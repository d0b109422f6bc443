import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A page that stands where Guacamole would be: it asks Keycloak for an ID token, and shows what is in it. */
export interface GuacamolePage {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface SamplePerson {
  username: string;
  password: string;
  /** What a login shows. */
  about: string;
}

/** The request is that of Guacamole 1.6.0's OpenID extension: implicit flow, no `state`. */
export async function startGuacamolePage(
  issuer: string,
  people: readonly SamplePerson[],
  port: number,
): Promise<GuacamolePage> {
  const rows = people
    .map(({ username, password, about }) => `<tr><td>${username}<td>${password}<td>${about}`)
    .join("\n");
  const template = await readFile(new URL("./guacamole-page.html", import.meta.url), "utf8");
  const server = createServer((request, response) => {
    const own = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { pathname } = new URL(request.url ?? "/", own);
    // It shows passwords: a page whose name was rebound to this machine must not read it.
    if (request.headers.host !== new URL(own).host) response.writeHead(403).end();
    else if (pathname === "/login") {
      const address = new URL(`${issuer}/protocol/openid-connect/auth`);
      address.search = new URLSearchParams({
        client_id: "guacamole",
        redirect_uri: own,
        response_type: "id_token",
        scope: "openid email profile",
        nonce: randomUUID(),
      }).toString();
      response.writeHead(302, { location: address.href, "cache-control": "no-store" }).end();
    } else if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      response.end(
        template.replace("{{people}}", rows).replace("{{logout}}", `${issuer}/protocol/openid-connect/logout`),
      );
    } else response.writeHead(404).end();
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const listening = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${listening}/`,
    port: listening,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
