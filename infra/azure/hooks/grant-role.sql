-- Gives the role of the app's identity what infra/database/role.sql granted.
GRANT guacamole_workspaces TO :"role";
