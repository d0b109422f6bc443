import type { ConnectionDetails, GuacamoleUser, Right } from "./drift-sources.ts";

/** A desktop's user, and the name it had before if that one's READ is told elsewhere. */
interface Own {
  entity: string;
  former: string | undefined;
}

interface ForeignDrift {
  kind: "foreign-access" | "foreign-connection" | "privileged-user";
  reason: string;
}

/** The most that one reason names. */
const named = 3;

/** What others than its person and Guacamole's administrators may do with a desktop's connection and user. */
export function foreignDrift(
  { entity, former }: Own,
  connection: ConnectionDetails | undefined,
  user: GuacamoleUser | undefined,
): ForeignDrift[] {
  const isOwn = ({ holder, type, permission }: Right) =>
    permission === "READ" && type === "USER" && (holder === entity || holder === former);
  const found: ForeignDrift[] = [];
  const access: string[] = [];
  if (connection) {
    const { rights, groupRights, shares, othersLeadingThere } = connection;
    access.push(...rights.filter((right) => !isOwn(right)).map(held("its connection")));
    access.push(...groupRights.map(held("its connection group")));
    if (shares > 0) access.push("its connection has a sharing profile");
    if (othersLeadingThere > 0)
      found.push({
        kind: "foreign-connection",
        reason: `${othersLeadingThere === 1 ? "another connection leads" : `${othersLeadingThere} other connections lead`} to it: remove what nobody needs in Guacamole`,
      });
  }
  if (user?.isPrivileged)
    found.push({
      kind: "privileged-user",
      reason: `its user ${entity} has a system permission: take it away in Guacamole, since nothing of this user is changed as long`,
    });
  else if (user) {
    access.push(...user.rights.map(held("its user")));
    if (user.hasPassword) access.push("its user has a password");
  }
  if (access.length === 0) return found;
  const more = access.length > named ? `; and ${access.length - named} more` : "";
  return [{ kind: "foreign-access", reason: `${access.slice(0, named).join("; ")}${more}` }, ...found];
}

const held =
  (on: string) =>
  ({ holder, type, permission }: Right) =>
    `${type === "USER" ? "" : "the group "}${holder} holds ${permission} on ${on}`;
