import { expect, it } from "vitest";
import { describeState, keepsPod } from "./state.ts";

const vnc = [{ name: "vnc", port: 5900 }];
const may = { connection: true, group: true, self: true };
const mayNot = { connection: false, group: false, self: true };

it.each([
  [null, null, mayNot, "absent"],
  [null, 1, mayNot, "failed"],
  [{ replicas: 0, ready: 0 }, 1, mayNot, "suspended"],
  [{ replicas: 0, ready: 1 }, 1, mayNot, "suspending"],
  [{ replicas: 0, ready: 0 }, 1, may, "suspending"],
  [{ replicas: 1, ready: 0 }, 1, may, "starting"],
  [{ replicas: 1, ready: 1 }, 1, mayNot, "starting"],
  [{ replicas: 1, ready: 1 }, 1, may, "ready"],
] as const)(
  "a Deployment %j with connection %j and permissions %j is %s",
  (deployment, connectionId, permissions, expected) => {
    expect(
      describeState(
        { deployment: deployment && { ...deployment, ports: vnc, ownPassword: false } },
        { connectionId, permissions },
      ).state,
    ).toBe(expected);
  },
);

const up = { replicas: 1, ready: 1, ports: vnc, ownPassword: false };

it.each([
  [up, true, true],
  [up, false, false],
  [{ ...up, ownPassword: true }, false, true],
  [{ ...up, ready: 0 }, true, false],
  [{ ...up, ready: 0, ownPassword: true }, false, false],
  [{ ...up, replicas: 0 }, true, false],
  [{ ...up, ports: [{ name: "rdp", port: 5900 }] }, true, false],
  [{ ...up, ports: [{ name: "vnc", port: 5901 }] }, true, false],
  [{ ...up, ports: [...vnc, { name: "sftp", port: 22 }] }, true, false],
  [{ ...up, ports: [] }, true, false],
  [null, true, false],
])("a desktop with Deployment %j and Secret %s keeps its pod: %s", (deployment, secret, expected) => {
  expect(keepsPod({ secret, networkPolicy: true, service: true, deployment }, vnc)).toBe(expected);
});
