import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDatabaseUrl } from "./database-url.ts";

const read = (url: string) => parseDatabaseUrl(url);
const faultOf = (url: string) => {
  const address = read(url);
  return "fault" in address ? address.fault : "";
};
const plain = { user: "u", password: "p", host: "h", port: 5432, database: "guacamole", tls: "off" };

/** Every printable character of ASCII, and some that have more than one byte in UTF-8. */
const characters = [...Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n)), "é", "ß", "€", "密", "🔑"];

describe("a password in DATABASE_URL", () => {
  it.each(["#", "/", "?", "[", "]", "@", ":", " ", "\\", "&", "=", "+", "'", '"', "é", "🔑"])(
    "with %s written as it is either counts as it is, or is refused with how to write it",
    (character) => {
      // Digits look like a port, a name like a host.
      for (const [before, after] of ["ab", "12", "1a", "a1", "..", ""].flatMap((a) =>
        ["cd", "34", ""].map((b) => [a, b]),
      ))
        for (const end of ["", "/guacamole"].map((path) => `@h${path}`)) {
          const password = `${before ?? ""}${character}${after ?? ""}`;
          const address = read(`postgres://u:${password}${end}`);
          if ("fault" in address) {
            expect(address.fault).toMatch(/percent-encoded|names no database/);
            if (/[a-z\d]{3}/.test(password)) expect(address.fault).not.toContain(password);
          } else expect(address).toMatchObject({ ...plain, password });
        }
    },
  );

  it.each(["#", "/", "?", "%z", "%ff%"])("with %s is refused at the start", (character) => {
    for (const password of [`ab${character}cd`, `12${character}34`, `p@s${character}s`, character])
      expect(faultOf(`postgres://u:${password}@h/guacamole`), password).toMatch(/percent-encoded.*%2F.*%3F.*%23.*%25/);
  });

  it.each(["@", ":", " ", "[", "]", "é", "🔑"])("with %s counts as it is", (character) => {
    expect(read(`postgres://u:a${character}b@h/guacamole`)).toMatchObject({ password: `a${character}b` });
  });

  it("counts whatever it is if it is percent-encoded", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...characters)).map((chosen) => chosen.join("")),
        fc.array(fc.constantFrom(...characters), { minLength: 1 }).map((chosen) => chosen.join("")),
        (password, user) => {
          const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@h/guacamole`;
          expect(read(url)).toMatchObject({ ...plain, user, password });
        },
      ),
    );
  });

  it("is never repeated, whatever is wrong with the URL", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...characters),
        fc.constantFrom("", "?sslmode=hunter2", ":hunter2", "?hunter2=1"),
        (character, end) => {
          expect(faultOf(`postgres://u:hunter2${character}hunter2@h/guacamole${end}`)).not.toContain("hunter2");
        },
      ),
    );
  });
});

describe("DATABASE_URL", () => {
  it.each<[string, object]>([
    ["postgres://u:p@h/guacamole", plain],
    ["  postgresql://u:p@h/guacamole\n", plain],
    ["POSTGRES://u:p@h/guacamole", plain],
    ["postgres://u@h/guacamole", { password: "" }],
    ["postgres://u:@h/guacamole", { password: "" }],
    ["postgres://u:p@h:6543/guacamole", { port: 6543 }],
    ["postgres://u:p@h:/guacamole", { port: 5432 }],
    ["postgres://u:p@[::1]:6543/guacamole", { host: "::1", port: 6543 }],
    ["postgres://u:p@h/guac%2Famole", { database: "guac/amole" }],
    ["postgres://app@tenant:p@h/guacamole", { user: "app@tenant" }],
    ["postgres://h/guacamole?user=u&password=p", plain],
    ["postgres://x:y@z:1/guacamole?user=u&password=p&host=h&port=5432", plain],
    ["postgres://u:p@/guacamole?host=/run/postgresql", { host: "/run/postgresql" }],
    ["postgres://u:p@%2Frun%2Fpostgresql/guacamole", { host: "/run/postgresql" }],
    ["postgres://u:p@h/guacamole?application_name=x", { applicationName: "x" }],
    ["postgres://u:p@h/guacamole?connect_timeout=5", { connectTimeoutSeconds: 5 }],
    ["postgres://u:p@h/guacamole?options=-c%20search_path%3Dguac", { options: "-c search_path=guac" }],
    ["postgres://u:p@h/guacamole?sslmode=disable", { tls: "off" }],
    ["postgres://u:p@h/guacamole?sslmode=prefer", { tls: "preferred" }],
    ["postgres://u:p@h/guacamole?sslmode=require", { tls: "verified" }],
    ["postgres://u:p@h/guacamole?sslmode=verify-ca", { tls: "verified" }],
    [
      "postgres://u:p@h/guacamole?sslmode=verify-full&sslrootcert=/ca.pem",
      { tls: "verified", files: { ca: "/ca.pem" } },
    ],
    ["postgres://u:p@h/guacamole?sslmode=verify-full&sslrootcert=system", { tls: "verified", files: {} }],
    ["postgres://u:p@h/guacamole?sslmode=no-verify", { tls: "unverified" }],
    ["postgres://u:p@h/guacamole?ssl=true", { tls: "verified" }],
    ["postgres://u:p@h/guacamole?ssl=no-verify", { tls: "unverified" }],
    ["postgres://u:p@h/guacamole?ssl=true&sslmode=disable", { tls: "off" }],
    ["postgres://u:p@h/guacamole?sslnegotiation=direct", { tls: "verified", direct: true }],
    ["postgres://u@h/guacamole?sslcert=c&sslkey=k", { tls: "verified", files: { cert: "c", key: "k" } }],
  ])("%s is read", (url, address) => {
    expect(read(url)).toMatchObject(address);
  });

  it.each<[string, RegExp]>([
    ["mysql://u:p@h/guacamole", /does not begin with postgres/],
    ["socket:/run/postgresql?db=guacamole", /does not begin with postgres/],
    ["postgres://u:p@h/guacamole\nX=1", /line break/],
    ["postgres://u:p\tq@h/guacamole", /control character/],
    ["postgres://h/guacamole", /names no user/],
    ["postgres://:p@h/guacamole", /names no user/],
    ["postgres://u:p@/guacamole", /names no host/],
    ["postgres://u:p@h", /names no database/],
    ["postgres://u:p@h/", /names no database/],
    ["postgres://u:p@h/a/b", /is not postgres:/],
    ["postgres://u:p@h:0/guacamole", /port/],
    ["postgres://u:p@h:65536/guacamole", /port/],
    ["postgres://u:p@h/guacamole?port=x", /port/],
    ["postgres://u:p@a,b/guacamole", /several hosts/],
    ["postgres://u:p@a:1,b:2/guacamole", /is not postgres:/],
    ["postgres://u:p@h h/guacamole", /host with characters/],
    ["postgres://u:p@h/guacamole?sslmode=allow", /sslmode that is not one of/],
    ["postgres://u:p@h/guacamole?sslmode=Require", /sslmode that is not one of/],
    ["postgres://u:p@h/guacamole?sslmode=", /sslmode that is not one of/],
    ["postgres://u:p@h/guacamole?sslmode=constructor", /sslmode that is not one of/],
    ["postgres://u:p@h/guacamole?ssl=maybe", /ssl other than/],
    ["postgres://u:p@h/guacamole?sslmode=disable&sslrootcert=c", /turns TLS off/],
    ["postgres://u:p@h/guacamole?sslcert=c", /sslcert and sslkey/],
    ["postgres://u:p@h/guacamole?sslnegotiation=later", /sslnegotiation/],
    ["postgres://u:p@/guacamole?host=/run&sslmode=require", /Unix socket/],
    ["postgres://u:p@h/guacamole?connect_timeout=soon", /connect_timeout/],
    ["postgres://u:p@h/guacamole?sslmode=verify-full&sslmode=disable", /twice/],
    ["postgres://u:p@h/guacamole?sslrootcert=a&sslmode=require&sslrootcert=b", /twice/],
    // It would end the password, or begin another parameter of the connection.
    ["postgres://u:p%00q@h/guacamole", /%00/],
    ["postgres://u%00database%00x:p@h/guacamole", /%00/],
    ["postgres://u@h/guacamole?password=p%00q", /%00/],
    // What pg ignores, and what it takes over the product's own limits.
    ["postgres://u:p@h/guacamole?channel_binding=require", /not supported \(supported are/],
    ["postgres://u:p@h/guacamole?statement_timeout=0", /not supported/],
    ["postgres://u:p@h/guacamole?uselibpqcompat=true&sslmode=require", /not supported/],
  ])("%s is refused at the start", (url, fault) => {
    expect(faultOf(url)).toMatch(fault);
  });
});
