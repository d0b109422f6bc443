import { createHmac, randomUUID } from "node:crypto";
import { deploymentName } from "../../shared/desktop/names.ts";
import type { Operation, ProductUnderTest, Reply } from "./product.ts";

/** One call of each endpoint, by method and path as in the API's document. */
type Calls = Readonly<Record<string, (product: ProductUnderTest) => Promise<Reply>>>;

/** Alice's desktop, which runs when these calls begin. */
const workspace = "asthma-cohort";
const desktop = `/desktops/${deploymentName({ workspace, username: "alice" })}`;

const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString();

/**
 * The order gives each call what it needs: alice's desktop runs at the beginning, and a call that starts work waits for
 * its end, so that the next call finds a settled desktop.
 */
export const smokeCalls: Calls = {
  "GET /health/live": ({ send }) => send("/health/live"),
  "GET /health/ready": ({ call }) => call("monitoring", "GET", "/health/ready"),
  "GET /openapi.json": ({ send }) => send("/openapi.json"),
  "GET /users/{username}/workspaces": ({ call }) => call("service", "GET", "/users/bob/workspaces"),
  "POST /users/{username}/workspaces": ({ call }) =>
    call("service", "POST", "/users/bob/workspaces", { claims: { groups: ["/registry/readers"] } }),
  "GET /users/{username}/desktop": ({ call }) => call("alice", "GET", "/users/alice/desktop"),
  "GET /operations/{id}": async ({ call, ask }) => {
    const { id } = await ask(workspace);
    return call("alice", "GET", `/operations/${id}`);
  },
  "POST /users/{username}/desktop/extend": ({ call }) =>
    call("alice", "POST", "/users/alice/desktop/extend", { until: inAnHour() }),
  "GET /queue": ({ call }) => call("olga", "GET", "/queue"),
  "GET /desktops": ({ call }) => call("olga", "GET", "/desktops"),
  "GET /desktops/{id}": ({ call }) => call("olga", "GET", desktop),
  "GET /maintenance": ({ call }) => call("olga", "GET", "/maintenance"),
  "PUT /maintenance": ({ call }) => call("olga", "PUT", "/maintenance", { reaping: "on", reason: "smoke test" }),
  "POST /maintenance/reap": ({ call }) => call("olga", "POST", "/maintenance/reap?dryRun=true"),
  "POST /maintenance/reconcile": ({ call }) => call("olga", "POST", "/maintenance/reconcile?dryRun=true"),
  "GET /maintenance/doctor": ({ call }) => call("monitoring", "GET", "/maintenance/doctor"),
  "POST /maintenance/wake": ({ call }) => call("olga", "POST", "/maintenance/wake"),
  "POST /maintenance/upkeep": ({ call }) => call("olga", "POST", "/maintenance/upkeep"),
  "POST /maintenance/adopt": ({ call }) => call("olga", "POST", "/maintenance/adopt?dryRun=true"),
  "POST /desktops/{id}/extend": ({ call }) => call("olga", "POST", `${desktop}/extend`, { until: inAnHour() }),
  "POST /desktops/{id}/suspend": (product) =>
    followed(product, product.call("olga", "POST", `${desktop}/suspend`, { reason: "smoke test" })),
  "PUT /users/{username}/desktop": (product) =>
    followed(product, product.call("service", "PUT", "/users/alice/desktop", { workspace })),
  "POST /maintenance/end-sessions": async (product) => {
    const reply = await product.call("olga", "POST", "/maintenance/end-sessions", { username: "alice" });
    for (const { operation } of reply.body["ended"] as { operation: string }[])
      await product.end({ id: operation.replace("/api/operations/", ""), state: "pending" });
    return reply;
  },
  "GET /maintenance/end-sessions/{id}": async (product) => {
    const { body } = await product.call("olga", "POST", "/maintenance/end-sessions", { username: "alice" });
    return product.call("olga", "GET", `/maintenance/end-sessions/${String(body["id"])}`);
  },
  "DELETE /users/{username}/desktop": (product) =>
    followed(product, product.call("alice", "DELETE", "/users/alice/desktop")),
  "POST /desktops/{id}/retire": (product) =>
    followed(product, product.call("olga", "POST", `${desktop}/retire`, { reason: "smoke test" })),
  "DELETE /users/{username}": (product) => followed(product, product.call("offboarding", "DELETE", "/users/alice")),
  "POST /keycloak/events": ({ send, outside }) => {
    const body = JSON.stringify({
      id: randomUUID(),
      time: Date.now(),
      realmName: "sde",
      type: "access.LOGOUT",
      authDetails: { userId: randomUUID(), username: "somebody" },
    });
    const signature = createHmac("sha256", outside.webhookSecret).update(body).digest("hex");
    const headers = { "content-type": "application/json", "x-keycloak-signature": signature };
    return send("/keycloak/events", { method: "POST", headers, body });
  },
  "POST /keycloak/backchannel-logout": async ({ send, outside }) => {
    const events = { "http://schemas.openid.net/event/backchannel-logout": {} };
    const token = await outside.identity.signToken(
      { aud: "guacamole", typ: "Logout", azp: undefined, sub: randomUUID(), sid: undefined, events },
      { typ: "logout+jwt" },
    );
    return send("/keycloak/backchannel-logout", {
      method: "POST",
      body: new URLSearchParams({ logout_token: token }),
    });
  },
};

/** Waits until the work that a call started is done, and returns the call's own answer. */
async function followed(product: ProductUnderTest, call: Promise<Reply>): Promise<Reply> {
  const reply = await call;
  if (reply.status >= 400) return reply;
  const { id, state } = await product.end(reply.body as unknown as Operation);
  if (state !== "done") throw new Error(`operation ${id} ended as ${state}`);
  return reply;
}
