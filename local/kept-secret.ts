import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";

/** A random secret, kept in a file for later starts. */
export async function keptSecret(file: string): Promise<string> {
  try {
    return (await readFile(file, "utf8")).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    const secret = randomBytes(24).toString("base64url");
    await writeFile(file, secret, { mode: 0o600 });
    return secret;
  }
}
