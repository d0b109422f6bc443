import { edit, partOf, type Seed } from "../seeded-drift.ts";
import {
  dropConnection,
  dropUser,
  onConnection,
  onUser,
  setParameter,
  theConnection,
  theEntity,
} from "./statements.ts";

const theWell = "(SELECT entity_id FROM guacamole_entity WHERE name = 'cohort@well')";

export const rowsSeeds: readonly Seed[] = [
  {
    username: "opened-by-another",
    what: "that another may open",
    found: [["foreign-access", /^cohort@well holds READ on its connection$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `INSERT INTO guacamole_connection_permission VALUES (${theWell}, ${theConnection}, 'READ')`,
      ),
  },
  {
    username: "asleep-for-another",
    what: "that is suspended and whose connection another may change",
    suspended: true,
    found: [["foreign-access", /^cohort@well holds UPDATE on its connection$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `INSERT INTO guacamole_connection_permission VALUES (${theWell}, ${theConnection}, 'UPDATE')`,
      ),
  },
  {
    username: "administered",
    what: "whose user another administers",
    found: [["foreign-access", /^cohort@well holds ADMINISTER on its user$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(
        estate,
        desktop,
        `INSERT INTO guacamole_user_permission
         SELECT ${theWell}, user_id, 'ADMINISTER' FROM guacamole_user WHERE entity_id = ${theEntity}`,
      ),
  },
  {
    username: "shared",
    what: "that can be shared",
    found: [["foreign-access", /^its connection has a sharing profile$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `INSERT INTO guacamole_sharing_profile (sharing_profile_name, primary_connection_id) VALUES ('watch', ${theConnection})`,
      ),
  },
  {
    username: "has-password",
    what: "whose user somebody gave a password",
    found: [["foreign-access", /^its user has a password$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(
        estate,
        desktop,
        `UPDATE guacamole_user SET password_hash = sha256('known') WHERE entity_id = ${theEntity}`,
      ),
  },
  {
    username: "other-guacd",
    what: "whose connection uses another guacd",
    found: [["connection", /^it uses another guacd than Guacamole's own$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `UPDATE guacamole_connection SET proxy_hostname = 'guacd.example.org' WHERE connection_id = ${theConnection}`,
      ),
  },
  {
    username: "open-while-suspended",
    what: "that is suspended and can be opened",
    suspended: true,
    found: [["access-without-desktop", /^cohort@open-while-suspended may open it, but it is not running$/]],
    end: "as before",
    seed: (estate, { workspace, username, names }) =>
      estate.guacamole.query(
        `INSERT INTO guacamole_connection_permission (entity_id, connection_id, permission)
         SELECT entity_id, ${theConnection}, 'READ' FROM guacamole_entity WHERE name = $3`,
        [workspace, username, names.entity],
      ),
  },
  {
    username: "shut-out",
    what: "that is ready and cannot be opened",
    found: [["access-missing", /^cohort@shut-out may not open it, though it is ready$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `DELETE FROM guacamole_connection_permission WHERE entity_id = ${theEntity}`),
  },
  {
    username: "unseen",
    what: "that is ready and not shown, since somebody took READ on its group away",
    found: [["access-missing", /^cohort@unseen may open it, but does not see it: READ on its group is missing$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `DELETE FROM guacamole_connection_group_permission WHERE entity_id = ${theEntity}`),
  },
  {
    username: "parameter-added",
    what: "whose connection was given file transfer",
    found: [["connection", /^wrong parameters: enable-sftp$/]],
    end: "as before",
    seed: setParameter("enable-sftp", "true"),
  },
  {
    username: "parameter-removed",
    what: "whose connection lets copy",
    found: [["connection", /^wrong parameters: disable-copy$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${theConnection} AND parameter_name = 'disable-copy'`,
      ),
  },
  {
    username: "connection-deleted",
    what: "whose connection was deleted",
    found: [["connection", /^Guacamole has no connection for it$/]],
    end: "as before",
    seed: dropConnection,
  },
  {
    username: "user-deleted",
    what: "whose user in Guacamole was deleted",
    found: [["connection", /^Guacamole has no user for it$/]],
    end: "as before",
    seed: dropUser,
  },
  {
    username: "other-password",
    what: "whose password in Guacamole is another",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: setParameter("password", "changed!"),
  },
  {
    username: "no-password",
    what: "whose connection has no password, so that Guacamole asks its person for one",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onConnection(
        estate,
        desktop,
        `DELETE FROM guacamole_connection_parameter WHERE connection_id = ${theConnection} AND parameter_name = 'password'`,
      ),
  },
  {
    username: "empty-password",
    what: "whose connection has an empty password",
    found: [["credential", /^its password in Guacamole is not the one in its Secret$/]],
    end: "as before",
    seed: setParameter("password", ""),
  },
  {
    username: "edited-secret",
    what: "whose Secret was edited after its container started with it",
    found: [["pod-credential", /^its Secret was changed after its container had started with it$/]],
    end: "suspended",
    seed: (estate, desktop) => edit(estate, { ...partOf("secret", desktop), data: { password: "Y2hhbmdlZCE=" } }),
  },
  {
    username: "other-start",
    what: "whose Secret was made for another start",
    found: [["pod-credential", /^its Secret was changed after its container had started with it$/]],
    end: "suspended",
    seed: (estate, desktop) => {
      const { metadata, ...secret } = partOf("secret", desktop);
      const annotations = { "xlscsde.nhs.uk/request": "another" };
      return edit(estate, { ...secret, metadata: { ...metadata, annotations } });
    },
  },
  {
    username: "longer-day",
    what: "whose user may log in for longer",
    found: [["last-day", /^cohort@longer-day may log in until 2100-06-01 instead of until 2099-12-31$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `UPDATE guacamole_user SET valid_until = '2100-06-01' WHERE entity_id = ${theEntity}`),
  },
  {
    username: "endless-day",
    what: "whose user may log in for ever",
    found: [["last-day", /^cohort@endless-day may log in without an end instead of until 2099-12-31$/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `UPDATE guacamole_user SET valid_until = NULL WHERE entity_id = ${theEntity}`),
  },
  {
    username: "other-zone",
    what: "whose user's last day is read in another time zone",
    found: [
      ["last-day", /^cohort@other-zone may log in until 2099-12-31 in Pacific\/Kiritimati instead of until 2099-12-31/],
    ],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(
        estate,
        desktop,
        `UPDATE guacamole_user SET timezone = 'Pacific/Kiritimati' WHERE entity_id = ${theEntity}`,
      ),
  },
  {
    username: "year-10000",
    what: "whose user may log in until a year that has five digits",
    found: [["last-day", /^cohort@year-10000 may log in until 9999-12-31 instead of until 2099-12-31/]],
    end: "as before",
    seed: (estate, desktop) =>
      onUser(estate, desktop, `UPDATE guacamole_user SET valid_until = '10000-01-01' WHERE entity_id = ${theEntity}`),
  },
];
