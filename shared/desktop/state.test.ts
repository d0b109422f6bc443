import { expect, it } from "vitest";
import { describeState, keepsPod, whyNewPod } from "./state.ts";

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
  expect(keepsPod({ secret, deployment }, vnc)).toBe(expected);
});

interface Change {
  deployment?: typeof up | null;
  secret?: boolean;
  password?: boolean | undefined;
  wanted?: { name: string; port: number }[];
}
const ownPassword = { deployment: { ...up, ownPassword: true }, secret: false };

it.each<[string, Change, string | null]>([
  ["the pod is not running", { deployment: { ...up, replicas: 0 } }, "it is not running"],
  ["there is no Deployment", { deployment: null }, "it is not running"],
  ["the pod is not ready", { deployment: { ...up, ready: 0 } }, "it is not ready"],
  ["the Secret that it was started with is gone", { secret: false }, "its Secret is missing"],
  ["nobody knows its password", { ...ownPassword, password: false }, "Guacamole's connection has no password for it"],
  [
    "another protocol is wanted",
    { wanted: [{ name: "rdp", port: 3389 }] },
    "it listens on vnc 5900, and the policy wants rdp 3389",
  ],
  [
    "the pod names no port",
    { deployment: { ...up, ports: [] } },
    "it listens on no port, and the policy wants vnc 5900",
  ],
  ["it has a password of its own and a Secret", { ...ownPassword, secret: true, password: false }, null],
  ["it has a password of its own, and Guacamole has it too", { ...ownPassword, password: true }, null],
  ["an earlier release did not note if Guacamole has it", { ...ownPassword, password: undefined }, null],
])("whether a new pod is needed, and why, if %s", (_, { wanted = vnc, ...change }, expected) => {
  expect(whyNewPod({ deployment: up, secret: true, password: true, ...change }, wanted)).toBe(expected);
});
