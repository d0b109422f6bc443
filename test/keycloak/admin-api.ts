import type { TestRealm } from "./realm.ts";

/** Calls the realm's admin API as the server's administrator. Throws if it refuses. */
export function adminApi(realm: TestRealm) {
  return async <Answer = Record<string, unknown>>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const { accessToken = "" } = await realm.administrator();
    const answer = await fetch(`${realm.issuer.replace("/realms/", "/admin/realms/")}/${path}`, {
      method,
      headers: { authorization: `Bearer ${accessToken}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return (text === "" ? undefined : JSON.parse(text)) as Answer;
  };
}
