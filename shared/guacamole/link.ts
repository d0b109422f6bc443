/**
 * The address that opens a connection in Guacamole's web application: base64url of `id NUL type NUL data source`
 * (guacamole-client, ClientIdentifier.toString; unpadded since 1.4.0).
 */
export function connectionLink(guacamoleUrl: string, connectionId: number): string {
  const identifier = Buffer.from([connectionId, "c", "postgresql"].join("\0")).toString("base64url");
  return `${guacamoleUrl.replace(/\/$/, "")}/#/client/${identifier}`;
}
