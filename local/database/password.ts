import { randomBytes, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, notPermitted } from "./error.ts";

/** Returns 192 random bits, safe in SQL text and in a URL. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** Returns the role's password from the folder; undefined if it was never or not completely written. */
export async function readPassword(folder: string): Promise<string | undefined> {
  const file = join(folder, "password");
  try {
    const kept = await readFile(file, "utf8");
    return /^[\w-]{32}$/.test(kept) ? kept : undefined;
  } catch (error) {
    if (codeOf(error) === "EACCES") throw notPermitted(file, error);
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes the password to the folder, readable by this user only. */
export async function writePassword(folder: string, password: string): Promise<void> {
  const file = join(folder, "password");
  const draft = `${file}-${randomUUID()}`;
  await writeFile(draft, password, { mode: 0o600 });
  await rename(draft, file);
}
