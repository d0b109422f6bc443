import { randomBytes, randomUUID } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeOf, notPermitted } from "./error.ts";

/** 192 random bits, safe in SQL text and in a URL. */
export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

/** The role's password as kept in the folder; undefined if it was never written, or not completely. */
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

/** Keeps the password in the folder, readable by this user alone. */
export async function writePassword(folder: string, password: string): Promise<void> {
  const file = join(folder, "password");
  const draft = `${file}-${randomUUID()}`;
  await writeFile(draft, password, { mode: 0o600 });
  await rename(draft, file);
}
