/**
 * How the connection is protected: not at all, against listeners only, or with the server's certificate and name checked.
 * `preferred` is checked too, but asked for with a word that elsewhere allows a connection in clear.
 */
export type Tls = "off" | "unverified" | "preferred" | "verified";

/** Everything that a DATABASE_URL says. Nothing is left for pg to look up in its own environment variables. */
export interface DatabaseAddress {
  user: string;
  /** Empty if there is none. */
  password: string;
  /** A name, an address, or the directory of a Unix socket. */
  host: string;
  port: number;
  database: string;
  tls: Tls;
  /** TLS from the first byte instead of after a question in clear. */
  direct: boolean;
  /** Paths of PEM files. */
  files: { ca?: string; cert?: string; key?: string };
  applicationName?: string;
  connectTimeoutSeconds?: number;
  /** Command-line options for the server. PgBouncer refuses them. */
  options?: string;
}

/**
 * USER:PASSWORD@HOST:PORT/DATABASE?PARAMETERS. The last @ before the path ends the password, as in browsers and libpq, so
 * : and @ may stand in it as they are. An @ after that is refused: it is a sign of a / or ? or # in the password.
 */
const form =
  /^postgres(?:ql)?:\/\/(?:(?<user>[^:/?#]*)(?::(?<password>[^/?#]*))?@)?(?<host>\[[\da-f:.]+\]|[^:/?#@[\]]*)(?::(?<port>\d*))?(?:\/(?<database>[^/?#@]*))?(?:\?(?<parameters>[^#@]*))?$/i;

const encode =
  'write each of / ? # % [ ] and each space in the user and the password percent-encoded: "/" as %2F, "?" as %3F, "#" as %23, "%" as %25, "@" as %40';

/** What each mode means here. `require`, `verify-ca` and `prefer` check the certificate, as in pg 8, not as in libpq. */
const modes: ReadonlyMap<string, Tls> = new Map([
  ["disable", "off"],
  ["no-verify", "unverified"],
  ["prefer", "preferred"],
  ["require", "verified"],
  ["verify-ca", "verified"],
  ["verify-full", "verified"],
]);
const switches: ReadonlyMap<string, Tls> = new Map([
  ["true", "verified"],
  ["1", "verified"],
  ["no-verify", "unverified"],
  ["false", "off"],
  ["0", "off"],
]);

const known = [
  ...["host", "port", "user", "password", "application_name", "connect_timeout", "options"],
  ...["ssl", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslnegotiation"],
];

/** Reads a DATABASE_URL, or returns what is wrong with it, in words that follow the setting's name and repeat no value. */
export function parseDatabaseUrl(text: string): DatabaseAddress | { fault: string } {
  const url = text.trim();
  if (!/^postgres(ql)?:\/\//i.test(url)) return { fault: "does not begin with postgres:// or postgresql://" };
  if (/[\u0000-\u001f\u007f]/.test(url)) return { fault: "has a line break or another control character in it" };
  const parts = form.exec(url)?.groups;
  if (!parts) return { fault: `is not postgres://USER:PASSWORD@HOST:PORT/DATABASE (${encode})` };
  const decoded = decode(parts);
  if (!decoded) return { fault: `has a % that begins no percent-encoded character (${encode})` };

  const query = [...new URLSearchParams(parts["parameters"] ?? "")];
  const parameters = new Map(query);
  if (parameters.size < query.length)
    return { fault: "has a parameter after the ? twice (leave out one of the two: the other would not count)" };
  if ([...Object.values(decoded), ...parameters.values()].some((value) => value.includes("\u0000")))
    return { fault: "has a %00 in it, which PostgreSQL takes for an end" };
  const unknown = [...parameters.keys()].find((name) => !known.includes(name));
  if (unknown !== undefined)
    return {
      fault: `has a parameter after the ? that is not supported (supported are ${known.join(", ")}; ${encode})`,
    };

  // As in libpq, a parameter counts more than the same in front of it.
  const either = (name: string) => parameters.get(name) || (decoded[name] ?? "");
  const [user, host, database] = [
    either("user"),
    either("host").replace(/^\[(.*)\]$/, "$1"),
    decoded["database"] ?? "",
  ];
  const port = either("port") === "" ? 5432 : Number(either("port"));
  if (user === "") return { fault: "names no user (write it before the host: USER:PASSWORD@HOST)" };
  if (host === "") return { fault: "names no host" };
  if (host.includes(",")) return { fault: "names several hosts (write one: the name that follows the primary)" };
  if (!/^[\w.:-]+$|^\//.test(host)) return { fault: `has a host with characters that no host name has (${encode})` };
  if (database === "") return { fault: "names no database (write it behind the host: HOST/DATABASE)" };
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
    return { fault: "has a port that is not from 1 to 65535" };

  const protection = readTls(parameters);
  if ("fault" in protection) return protection;
  if (host.startsWith("/") && protection.tls !== "off")
    return { fault: "asks for TLS on a Unix socket, which has none (leave out sslmode)" };
  const seconds = Number(parameters.get("connect_timeout") ?? 0);
  if (!(Number.isInteger(seconds) && seconds >= 0 && seconds <= 600))
    return { fault: "has a connect_timeout that is not a whole number of seconds up to 600" };
  const [applicationName, options] = [parameters.get("application_name"), parameters.get("options")];
  return {
    ...{ user, password: either("password"), host, port, database },
    ...protection,
    ...(applicationName && { applicationName }),
    ...(seconds > 0 && { connectTimeoutSeconds: seconds }),
    ...(options && { options }),
  };
}

/** Undefined if a part has a % that begins no UTF-8 character, or a query has. */
function decode(parts: Readonly<Record<string, string | undefined>>): Record<string, string> | undefined {
  try {
    return Object.fromEntries(Object.entries(parts).map(([name, part = ""]) => [name, decodeURIComponent(part)]));
  } catch {
    return undefined; // decodeURIComponent says nothing more
  }
}

function readTls(
  parameters: ReadonlyMap<string, string>,
): Pick<DatabaseAddress, "tls" | "direct" | "files"> | { fault: string } {
  const [mode, ssl] = [parameters.get("sslmode"), parameters.get("ssl")];
  const negotiation = parameters.get("sslnegotiation") ?? "postgres";
  const [ca, cert, key] = ["sslrootcert", "sslcert", "sslkey"].map((name) => parameters.get(name) || undefined);
  const direct = negotiation === "direct";
  if (!direct && negotiation !== "postgres") return { fault: "has an sslnegotiation other than postgres and direct" };
  if ((cert === undefined) !== (key === undefined)) return { fault: "has one of sslcert and sslkey without the other" };
  const unsaid = ca !== undefined || cert !== undefined || direct ? "verified" : "off";
  const tls = mode !== undefined ? modes.get(mode) : ssl !== undefined ? switches.get(ssl) : unsaid;
  if (tls === undefined && mode !== undefined)
    return { fault: `has an sslmode that is not one of ${[...modes.keys()].join(", ")}` };
  if (tls === undefined) return { fault: "has an ssl other than true, false and no-verify (write sslmode)" };
  if (tls === "off" && unsaid !== "off")
    return { fault: "turns TLS off, and has sslrootcert, sslcert or sslnegotiation=direct (leave out one of the two)" };
  // libpq's word for the certificates that the system trusts, which is Node's default.
  const files = { ...(ca && ca !== "system" && { ca }), ...(cert && { cert }), ...(key && { key }) };
  return { tls, direct, files };
}
