/** Keycloak's names for the browser's own login page, and for the person's session (single sign-on). */
export const cookieNames = { browser: "AUTH_SESSION_ID", identity: "KEYCLOAK_IDENTITY" } as const;

export function readCookies(header: string | undefined): ReadonlyMap<string, string> {
  const pairs = (header ?? "").split(";").map((each) => /^\s*([^=]+)=(.*)$/.exec(each));
  return new Map(pairs.flatMap((pair) => (pair ? [[pair[1] ?? "", pair[2] ?? ""] as const] : [])));
}

/** For the tab's life, no script, and no request that another site makes but to come here. */
export function cookie(name: string, value: string, realmPath: string): string {
  return `${name}=${value}; Path=${realmPath}/; HttpOnly; SameSite=Lax`;
}

export function expiredCookie(name: string, realmPath: string): string {
  return `${cookie(name, "", realmPath)}; Max-Age=0`;
}
