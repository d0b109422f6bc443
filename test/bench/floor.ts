/**
 * Does the least in a process of its own, so that its CPU can be compared with the product's: told by a message what somebody
 * asks for, it answers when that is done.
 */
import pg from "pg";
import { floorOn } from "./floor-desktops.ts";
import type { Wish } from "./subjects.ts";

const [, , server = "", databaseUrl = ""] = process.argv;
const database = new pg.Pool({ connectionString: databaseUrl });
const floor = floorOn(server, database);

async function fulfil({ kind, username, workspace, before }: Wish): Promise<void> {
  if (kind === "repeat") await floor.lookAgain(username, workspace);
  else await floor.bringUp(username, workspace, before);
  process.send?.({ done: username });
}

process.on("message", (message) => {
  if (message !== "cpu") void fulfil(message as Wish);
});
process.channel?.ref();
process.send?.({ serving: true });
