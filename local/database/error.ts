/** Why the local database did not start. Deleting its folder helps with `broken` and `other-version` only. */
export type LocalDatabaseErrorCode =
  /** the files under the folder are damaged or incomplete */
  | "broken"
  /** the files were created by another major version of PostgreSQL */
  | "other-version"
  /** another running process has the folder open */
  | "in-use"
  /** the requested port is taken */
  | "port-in-use"
  /** the user that runs the server may not read the files, or the folders above them */
  | "not-permitted"
  /** PostgreSQL could not create its files, for example for lack of space */
  | "cannot-create"
  /** PostgreSQL for this machine is missing or not completely installed */
  | "not-installed";

/** A failed start. The message says what a person can do about it. */
export class LocalDatabaseError extends Error {
  override readonly name = "LocalDatabaseError";
  readonly code: LocalDatabaseErrorCode;

  constructor(code: LocalDatabaseErrorCode, message: string, options?: ErrorOptions) {
    super(`start local database: ${message}`, options);
    this.code = code;
  }

  /** True if deleting the database's folder, with all its data, and starting again helps. */
  get resettable(): boolean {
    return this.code === "broken" || this.code === "other-version";
  }
}

export function broken(folder: string, reason: string, cause?: unknown): LocalDatabaseError {
  const advice = `(delete ${folder} to start again with an empty database)`;
  return new LocalDatabaseError("broken", `${reason} ${advice}`, { cause });
}

export function notPermitted(path: string, cause: unknown): LocalDatabaseError {
  const advice = "(start as the user who created it, or delete it as that user)";
  return new LocalDatabaseError("not-permitted", `${path} belongs to another user ${advice}`, { cause });
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The `code` of a system or PostgreSQL error ("ENOENT", "28P01"), if it has one. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
