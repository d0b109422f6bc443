/**
 * The address that opens a connection in Guacamole's web application: base64url of `id NUL type NUL data source`
 * (guacamole-client, ClientIdentifier.toString; unpadded since 1.4.0). Only for somebody who is signed in: what follows the
 * `#` is lost in Guacamole's own login, which ends at Home.
 */
export function connectionLink(guacamoleUrl: string, connectionId: number): string {
  const identifier = Buffer.from([connectionId, "c", "postgresql"].join("\0")).toString("base64url");
  return `${guacamoleHome(guacamoleUrl)}#/client/${identifier}`;
}

/** The address of Guacamole's Home, which opens the only desktop that a person sees, and has the menu to log out. */
export function guacamoleHome(guacamoleUrl: string): string {
  return `${guacamoleUrl.replace(/\/$/, "")}/`;
}
