import { randomBytes } from "node:crypto";
import {
  desktopHosts,
  type DesktopKey,
  type DesktopNames,
  formerEntity,
  isDesktopHost,
  isOneUserPerPerson,
  isWorkspaceName,
  nameDesktop,
  type NamingRules,
} from "../desktop/names.ts";
import type { DesktopPlan } from "../desktop/plan.ts";
import type { ConnectionDetails, GuacamoleUser } from "../lifecycle/drift-sources.ts";
import { type ConnectionSessions, shortestSessionSeconds } from "../lifecycle/sessions.ts";
import type { GuacamoleSide, Permissions } from "../desktop/state.ts";
import { ProductError } from "../errors.ts";
import type { Database } from "./database.ts";
import { type LastDayColumns, lastDayColumns, lastDayOf } from "./last-day.ts";
import { findRightsFault } from "./estate.ts";
import { connectionParameters } from "./parameters.ts";
import { retireRows, staysAfterRetirement } from "./retirement.ts";
import * as drift from "./drift-statements.ts";
import * as history from "./history-statements.ts";
import * as sql from "./statements.ts";

/** A desktop's side in Guacamole's database. Each verb is one statement in one short transaction, and may run twice. */
export interface GuacamoleDesktops {
  observe(names: DesktopNames): Promise<GuacamoleSide>;
  /** The same, in which workspaces the person can open a desktop, and whether that desktop's user has a system permission. */
  observePerson(names: DesktopNames): Promise<GuacamoleSide & { open: string[]; administrator: boolean }>;
  /** The password that Guacamole uses to connect to the desktop; null if it has none. */
  readPassword(names: DesktopNames): Promise<string | null>;
  /** Writes group, connection with its parameters, and user; returns the connection's id. Grants nothing. */
  writeConnection(plan: DesktopPlan, password: string): Promise<number>;
  /** Removes connection, user and group as far as they were not there before, a group only when it is empty; a user that stays gets its last day back. */
  removeConnection(names: DesktopNames, before: GuacamoleSide): Promise<void>;
  /** READ on connection, group and self, and nothing else; nobody else but administrators keeps a permission on its connection and user. */
  grantPermission(names: DesktopNames): Promise<void>;
  /** Takes from all but administrators what they may do with a desktop's connection and user, and from the user its password. */
  endForeignAccess(names: DesktopNames): Promise<void>;
  /** Takes READ away from what `which` names; with `former`, also from the name that the desktop's user may have had before. */
  revokePermission(names: DesktopNames, which: Permissions & { former?: boolean }): Promise<void>;
  /**
   * Gives a desktop's connection and user, which the operator named by the username as the binding spells it, their
   * canonical names; ids, permissions and open sessions stay. What has a canonical name already stays as it is.
   */
  respell(desktop: DesktopKey, spelled: string): Promise<void>;
  /**
   * Removes connection and user permanently, and the group with its last connection. Rows that do not lead to the
   * desktop's host stay. Returns in words what stays that has to do with the desktop.
   */
  retire(names: DesktopNames): Promise<string[]>;
  /** The workspaces in which the person can open a desktop, no matter who granted it. */
  findOpenWorkspaces(username: string): Promise<string[]>;
  /** The connections named after the person: their root groups, null if they are in none, and the hosts they lead to. */
  findConnections(username: string): Promise<{ workspace: string | null; host: string | null }[]>;
  /** The workspaces for which the person has a user of their own. */
  findWorkspacesOfUsers(username: string): Promise<string[]>;
  /** Every connection in a root group, with the names of the users who may open it; those of some people, or of all. */
  connections(
    usernames?: readonly string[],
  ): Promise<{ workspace: string; username: string; connectionId: number; readers: string[] }[]>;
  /** The sessions of every connection that are open or ended since then, in one statement; of some people, or of all. What ended too soon is an attempt. */
  sessions(since: string | null, usernames?: readonly string[]): Promise<ConnectionSessions[]>;
  /** True if anybody opened a session to the person's desktop in this workspace at that time or later; an attempt is none. */
  openedSince(workspace: string, username: string, since: string): Promise<boolean>;
  /** Every connection in a root group with what must be right about it; those of one person, or of all. */
  details(username?: string): Promise<ConnectionDetails[]>;
  /** Guacamole's users by name: all, or those of these names. */
  users(names?: readonly string[]): Promise<ReadonlyMap<string, GuacamoleUser>>;
  /** Names that several root groups share, and how many groups. */
  duplicateGroups(): Promise<{ workspace: string; count: number }[]>;
  /** Makes one root group of several of that name, as far as that is possible, and removes the spare ones. */
  mergeGroups(workspace: string): Promise<void>;
  /**
   * Null if the database answers, has Guacamole's tables (1.0.0 or newer), and lets the role do all that it needs; else what
   * is wrong.
   */
  check(): Promise<string | null>;
}

interface SessionsRow extends DesktopKey {
  connectionId: number;
  host: string | null;
  open: Date[];
  lastStart: Date | null;
  lastEnd: Date | null;
  lastAttempt: Date | null;
}

interface OpenRow {
  workspace: string;
  entity: string;
  host: string | null;
}

type Observed = GuacamoleSide & { open: OpenRow[]; administrator: boolean };

type UsersRow = { name: string } & LastDayColumns & Omit<GuacamoleUser, "lastDay">;

/** @param timeZone that of the days in plans */
export function guacamoleDesktopsIn(database: Database, rules: NamingRules, timeZone: string): GuacamoleDesktops {
  const formerOf = ({ group, connection }: DesktopNames) =>
    formerEntity({ workspace: group, username: connection }, rules);
  const keyOf = ({ group, connection, entity }: DesktopNames) => [group, connection, entity];

  const openIn = (username: string, rows: readonly OpenRow[]) =>
    rows
      .filter(
        ({ workspace, entity, host }) =>
          nameDesktop({ workspace, username }, rules).entity === entity &&
          // The name of a person's user says nothing about the connection: an administrator may have given them others.
          (!isOneUserPerPerson(rules) || isDesktopHost(host, rules)),
      )
      .map(({ workspace }) => workspace);

  return {
    async observePerson(names) {
      const [row] = await database.query<Observed>(sql.observePerson, [...keyOf(names), names.host]);
      if (!row) throw new ProductError("internal", "observe guacamole rows: the statement returned no row");
      return { ...row, open: openIn(names.connection, row.open) };
    },
    async observe(names) {
      const [row] = await database.query<GuacamoleSide>(sql.observe, [...keyOf(names), names.host]);
      if (!row) throw new ProductError("internal", "observe guacamole rows: the statement returned no row");
      return row;
    },
    async readPassword(names) {
      const [row] = await database.query<{ password: string }>(sql.readPassword, [...keyOf(names), names.host]);
      return row?.password ?? null;
    },
    async writeConnection(plan, password) {
      // Nobody logs in with a password.
      const lastDay = lastDayColumns(plan.until, timeZone);
      const values = [
        ...keyOf(plan.names),
        plan.protocol,
        JSON.stringify(connectionParameters(plan, password)),
        lastDay.validUntil,
        randomBytes(32),
        lastDay.timeZone,
      ];
      const [row] = await database.inWorkspace<{ connection_id: number | null }>(
        plan.workspace,
        sql.writeConnection,
        values,
      );
      if (row?.connection_id == null)
        throw new ProductError(
          "step-failed",
          `write connection ${plan.names.connection}: somebody else just wrote the same rows (retrying)`,
        );
      return row.connection_id;
    },
    async removeConnection(names, before) {
      await database.inWorkspace(names.group, sql.removeConnection, [
        ...keyOf(names),
        before.connectionId !== null,
        before.user,
        before.validUntil,
        before.timeZone ?? null,
      ]);
      if (!before.group) await database.inWorkspace(names.group, sql.removeEmptyGroup, [names.group]);
    },
    async grantPermission(names) {
      const [row] = await database.inWorkspace<{ granted: boolean }>(names.group, sql.grantPermission, keyOf(names));
      if (!row?.granted)
        throw new ProductError(
          "step-failed",
          `grant permission to ${names.entity}: its connection or user is missing, or its group is BALANCING`,
        );
    },
    async endForeignAccess(names) {
      await database.inWorkspace(names.group, sql.endForeignAccess, [...keyOf(names), randomBytes(32)]);
    },
    async revokePermission(names, { connection, group, self, former }) {
      const values = [...keyOf(names), connection, group, self, former ? formerOf(names) : null, names.host];
      await database.inWorkspace(names.group, sql.revokePermission, values);
    },
    async respell(desktop, spelled) {
      const written = { ...desktop, username: spelled };
      const entities = [nameDesktop(written, rules).entity, formerEntity(written, rules)];
      const canonical = [nameDesktop(desktop, rules).entity, formerEntity(desktop, rules)];
      const values = [desktop.workspace, spelled, desktop.username, entities, canonical, desktopHosts(rules)];
      await database.inWorkspace(desktop.workspace, sql.respell, values);
    },
    async retire(names) {
      const shared = isOneUserPerPerson(rules);
      const values = [...keyOf(names), names.host, shared, desktopHosts(rules), shared ? formerOf(names) : null];
      await database.inWorkspace(names.group, retireRows, values);
      const stays = await database.query<{ what: string }>(staysAfterRetirement, [...keyOf(names), names.host, shared]);
      return stays.map(({ what }) => what);
    },
    findOpenWorkspaces: async (username) => openIn(username, await database.query<OpenRow>(sql.opened, [username])),
    findConnections: (username) => database.query(sql.connectionsOf, [username]),
    async findWorkspacesOfUsers(username) {
      if (isOneUserPerPerson(rules)) return [];
      const [before = "", after = ""] = rules.entityTemplate.split("{workspace}");
      const ending = after.replaceAll("{username}", () => username);
      if (before !== "" || !ending.includes(username)) return [];
      const found = await database.query<{ workspace: string }>(sql.workspacesOfUsers, [ending]);
      return found.map(({ workspace }) => workspace).filter(isWorkspaceName);
    },
    connections: (usernames) => database.query(sql.connections, [usernames ?? null]),
    async sessions(since, usernames) {
      const values = [since, usernames ?? null, rules.entityTemplate, shortestSessionSeconds, desktopHosts(rules)];
      const rows = await database.query<SessionsRow>(history.sessions, values);
      return rows.map(({ open, lastStart, lastEnd, lastAttempt, ...connection }) => ({
        ...connection,
        history: {
          open: open.map((start) => start.toISOString()),
          lastStart: lastStart?.toISOString() ?? null,
          lastEnd: lastEnd?.toISOString() ?? null,
          lastAttempt: lastAttempt?.toISOString() ?? null,
        },
      }));
    },
    async openedSince(workspace, username, since) {
      const { entity, host } = nameDesktop({ workspace, username }, rules);
      const values = [workspace, username, since, entity, shortestSessionSeconds, host];
      const [row] = await database.query<{ opened: boolean }>(history.openedSince, values);
      return row?.opened ?? false;
    },
    details: (username) => database.query(drift.details, [username ?? null]),
    async users(names) {
      const rows = await database.query<UsersRow>(drift.users, [names ?? null]);
      return new Map(
        rows.map(({ name, validUntil, timeZone: own, ...user }) => [
          name,
          { ...user, lastDay: lastDayOf({ validUntil, timeZone: own }, timeZone) },
        ]),
      );
    },
    duplicateGroups: () => database.query(drift.duplicateGroups, []),
    async mergeGroups(workspace) {
      await database.inWorkspace(workspace, drift.mergeGroups, [workspace, desktopHosts(rules)]);
      await database.inWorkspace(workspace, drift.removeSpareGroups, [workspace]);
    },
    check: () => findRightsFault(database),
  };
}
