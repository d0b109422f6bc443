import pg from "pg";
import { ProductError } from "../errors.ts";

/**
 * What PostgreSQL's error codes mean to us, by code or class (its first two characters): the first row that fits counts.
 * `true`: not now. The statement is right, and works when the server is well, or when somebody has changed something there:
 * that is told as guacamole-unavailable. `false`: the statement is wrong for what is stored, and fails again.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html: a test reads all codes of 18.
 */
const decisions: readonly (readonly [codes: readonly string[], notNow: boolean, words: string, remedy: string])[] = [
  [
    ["25006"],
    true,
    "PostgreSQL is read only",
    "wait until a failover has ended; if it stays, let DATABASE_URL lead to the primary, and check the server's disk and default_transaction_read_only",
  ],
  [["25P03", "25P04"], true, "PostgreSQL ended a transaction that took too long", "it is tried again"],
  [["40", "72"], true, "others changed the same rows at the same time", "it is tried again"],
  [
    ["42501"],
    true,
    "PostgreSQL does not allow it: the role lacks a permission",
    "run infra/database/role.sql; GET /health/ready names what is missing",
  ],
  [
    ["3F", "42P01", "42703", "42704"],
    true,
    "Guacamole's tables are not there for this role",
    "load Guacamole's schema, 1.0.0 or newer, and run infra/database/role.sql, which also grants USAGE on the schema",
  ],
  [["08"], true, "the connection broke, or was refused", "check PostgreSQL, and PgBouncer if there is one"],
  [
    ["28"],
    true,
    "PostgreSQL does not let the role in",
    "check user and password in DATABASE_URL, DATABASE_AUTH and pg_hba.conf",
  ],
  [["3D"], true, "PostgreSQL does not have the database", "check DATABASE_URL"],
  [
    ["53"],
    true,
    "PostgreSQL does not allow it: it has no room, or no connection left",
    "check its disk, its memory and max_connections",
  ],
  [["55"], true, "something is locked, or PostgreSQL is not ready for it", "it is tried again"],
  [["57"], true, "PostgreSQL is starting or stopping, or ended the statement", "it is tried again"],
  [["58", "F0", "XX"], true, "PostgreSQL itself failed", "read its log"],
  [["23"], false, "PostgreSQL refused the statement: it contradicts other rows", "read PostgreSQL's log"],
  [
    ["42"],
    false,
    "PostgreSQL refused the statement: it does not understand it",
    "check the versions of PostgreSQL and Guacamole",
  ],
  [
    "00 01 02 03 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 24 25 26 27 2B 2D 2F 34 38 39 3B 44 54 HV P0".split(" "),
    false,
    "PostgreSQL refused the statement",
    "read PostgreSQL's log",
  ],
];

/** Errors of the way there, by the code of Node, or by words of pg or Node. */
const ways: readonly (readonly [pattern: RegExp, words: string, remedy: string])[] = [
  [/^(ENOTFOUND|EAI_AGAIN|EAI_\w+)$/, "it does not answer", "check the host in DATABASE_URL, and the DNS"],
  [
    /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|ENOENT|EACCES)$/,
    "it does not answer",
    "check that PostgreSQL runs, and DATABASE_URL",
  ],
  [/^ETIMEDOUT$|timeout/i, "it does not answer", "check that PostgreSQL runs, and what is between"],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED)$|^Connection (terminated|ended)|^Client .*not queryable/,
    "the connection broke",
    "check PostgreSQL, and what is between",
  ],
  [
    /^(CERT_|ERR_TLS_|ERR_SSL_|EPROTO$|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH$)|SSL connection/,
    "TLS with it did not work: its certificate is not accepted, or it has none",
    "check sslmode and sslrootcert in DATABASE_URL",
  ],
  [/^SASL/, "it asks for a password that DATABASE_URL does not have", "set the password, or DATABASE_AUTH=entra"],
];

/** The error of a server that does not write. */
export function readOnly(): pg.DatabaseError & { code: string } {
  return Object.assign(new pg.DatabaseError("cannot execute in a read-only transaction", 0, "error"), {
    code: "25006",
  });
}

/** True if the transaction changed nothing, and may go better at once: on another connection, or after the other's end. */
export function isAborted(error: unknown): boolean {
  return error instanceof pg.DatabaseError && ["25006", "40001", "40P01"].includes(error.code ?? "");
}

/** The database could not be reached, or gave no answer. */
class DatabaseAway extends ProductError {}

/** True of what `translate` made of a server that could not be reached. One that refuses a statement has answered. */
export function isUnreachable(error: unknown): error is ProductError {
  return error instanceof DatabaseAway;
}

/** What is told while nobody is let through to the database: the last outage, and when to ask again. */
export function whileAway({ code, message, cause }: ProductError): ProductError {
  return new ProductError(code, message, { cause, retryAfterSeconds: 2 });
}

/** What a statement is told that did not get its turn. */
export function tooMuchToDo(): ProductError {
  return new ProductError(
    "guacamole-unavailable",
    "use guacamole's database: it has too much to do, or is slow to answer (ask again; pg_stat_activity shows why)",
    { retryAfterSeconds: 5 },
  );
}

/** PostgreSQL's error by its code alone: its text may repeat values and names. */
export function translate(error: unknown): ProductError {
  if (error instanceof ProductError) return error; // of the password function
  if (error instanceof pg.DatabaseError) {
    // Our own triggers name rows by ids only. What they refuse now they refuse always.
    if (error.code === "42501" && error.schema === "guacamole_workspaces")
      return new ProductError(
        "step-failed",
        `use guacamole's database: ${error.message} (code 42501): change it in Guacamole, or see docs/database.md`,
      );
    // PostgreSQL always gives a code; poolers do not.
    const code = error.code ?? "none";
    const [, notNow, words, remedy] = decisionOf(code) ?? [
      [],
      error.code === undefined,
      "PostgreSQL, or what is between, refused it",
      "read its log",
    ];
    return new ProductError(
      notNow ? "guacamole-unavailable" : "step-failed",
      `use guacamole's database: ${words} (code ${code}): ${remedy}`,
    );
  }
  const causes: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reason = causes.map((cause) => (cause instanceof Error ? cause.message : String(cause))).join(", ");
  const [, words, remedy] = causes.map(wayOf).find((way) => way !== undefined) ?? [
    null,
    "it does not answer",
    "check DATABASE_URL",
  ];
  return new DatabaseAway("guacamole-unavailable", `reach guacamole's database: ${words}`, {
    cause: `${reason} (${remedy})`,
  });
}

function decisionOf(code: string) {
  return decisions.find(([codes]) => codes.includes(code) || codes.includes(code.slice(0, 2)));
}

function wayOf(error: unknown) {
  const { code, message } = error as Partial<NodeJS.ErrnoException>;
  return ways.find(([pattern]) => [code, message].some((text) => text !== undefined && pattern.test(text)));
}
