import type { NamedDesktop } from "../../shared/desktop/names.ts";
import type { TestEstate } from "../estate.ts";

/** What is done to a desktop's rows by hand. */
export const theConnection = `(
  SELECT c.connection_id
  FROM guacamole_connection c JOIN guacamole_connection_group g ON g.connection_group_id = c.parent_id
  WHERE g.connection_group_name = $1 AND c.connection_name = $2
)`;
export const theEntity = "(SELECT entity_id FROM guacamole_entity WHERE name = $1)";

export const onConnection = ({ guacamole }: TestEstate, { workspace, username }: NamedDesktop, statement: string) =>
  guacamole.query(statement, [workspace, username]);
export const onUser = ({ guacamole }: TestEstate, { names }: NamedDesktop, statement: string) =>
  guacamole.query(statement, [names.entity]);

export const dropConnection = (estate: TestEstate, desktop: NamedDesktop) =>
  onConnection(estate, desktop, `DELETE FROM guacamole_connection WHERE connection_id = ${theConnection}`);
export const dropUser = (estate: TestEstate, desktop: NamedDesktop) =>
  onUser(estate, desktop, "DELETE FROM guacamole_entity WHERE name = $1");
export const setParameter = (name: string, value: string) => (estate: TestEstate, desktop: NamedDesktop) =>
  onConnection(
    estate,
    desktop,
    `INSERT INTO guacamole_connection_parameter (connection_id, parameter_name, parameter_value)
     VALUES (${theConnection}, '${name}', '${value}')
     ON CONFLICT (connection_id, parameter_name) DO UPDATE SET parameter_value = EXCLUDED.parameter_value`,
  );
