/** Why the local database did not start. `broken` and `other-version` are cured by deleting its folder; the rest are not. */
export type LocalDatabaseErrorCode =
  /** the files under the folder are damaged or incomplete */
  | "broken"
  /** the files were made by another major version of PostgreSQL */
  | "other-version"
  /** another living process has the folder open */
  | "in-use"
  /** the port that was asked for is taken */
  | "port-in-use"
  /** the files, or the folders above them, may not be read by the user that runs the server */
  | "not-permitted"
  /** PostgreSQL could not create its files, for example for lack of space */
  | "cannot-create"
  /** no PostgreSQL for this machine, or not completely installed */
  | "not-installed";

/** A start that failed for a reason a person can act on; the message says how. */
export class LocalDatabaseError extends Error {
  override readonly name = "LocalDatabaseError";
  readonly code: LocalDatabaseErrorCode;

  constructor(code: LocalDatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(`start local database: ${message}`, options);
    this.code = code;
  }

  /** True if deleting the database's folder and starting again would cure it, at the price of what is in it. */
  get resettable(): boolean {
    return this.code === "broken" || this.code === "other-version";
  }
}

export function broken(folder: string, reason: string, cause?: unknown): LocalDatabaseError {
  const advice = `(delete ${folder} to begin again with an empty database)`;
  return new LocalDatabaseError("broken", `${reason} ${advice}`, { cause });
}

export function notPermitted(path: string, cause: unknown): LocalDatabaseError {
  const advice = "(start as the user who made it, or delete it as that user)";
  return new LocalDatabaseError("not-permitted", `${path} belongs to another user ${advice}`, { cause });
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system or PostgreSQL error ("ENOENT", "28P01"), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
