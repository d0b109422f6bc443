import { describe, expect, it } from "vitest";
import { samplePlan, samplePolicy } from "../../test/sample-plan.ts";
import type { PolicyTexts } from "../desktop/policy.ts";
import { connectionParameters } from "./parameters.ts";

const host = samplePlan().names.host;
const parameters = (texts: PolicyTexts) => connectionParameters(samplePlan(samplePolicy(texts)), "secret");
const locked = { "disable-copy": "true", "disable-paste": "true" };

/** What every protocol has, whole: a name too many opens something, a name misspelt closes nothing. */
const vnc = { hostname: host, port: "5900", password: "secret", ...locked };
const ssh = { hostname: host, port: "22", username: "desktop", password: "secret", ...locked };
const rdp = {
  ...{ hostname: host, port: "3389", username: "desktop", password: "secret", ...locked },
  ...{ security: "any", "ignore-cert": "true", "resize-method": "display-update", "disable-audio": "true" },
};
const sftp = { "enable-sftp": "true" };
const server = { "sftp-hostname": host, "sftp-port": "2222", "sftp-username": "desktop", "sftp-password": "secret" };
const recorded = { "recording-path": "/rec", "recording-name": "${HISTORY_UUID}", "create-recording-path": "true" };

describe("a connection's parameters", () => {
  it.each<[PolicyTexts, object]>([
    [{}, vnc],
    [{ protocol: "rdp" }, rdp],
    [{ protocol: "ssh" }, ssh],
    [
      { protocol: "ssh", loginName: "ada", port: "2022" },
      { ...ssh, username: "ada", port: "2022" },
    ],
    [
      { allowUpload: "true", sftpPort: "2222" },
      { ...vnc, ...sftp, ...server, "sftp-disable-download": "true" },
    ],
    [
      { protocol: "rdp", allowDownload: "true", sftpPort: "2222" },
      { ...rdp, ...sftp, ...server, "sftp-disable-upload": "true" },
    ],
    [
      { protocol: "ssh", allowUpload: "true", allowDownload: "true" },
      { ...ssh, ...sftp },
    ],
    [{ sftpPort: "2222" }, vnc],
    [{ recordingPath: "/rec" }, { ...vnc, ...recorded }],
    [
      { recordingPath: "/rec", recordKeys: "true" },
      { ...vnc, ...recorded, "recording-include-keys": "true" },
    ],
    [{ recordKeys: "true" }, vnc],
    [{ guacamoleParameters: "color-depth=16" }, { ...vnc, "color-depth": "16" }],
    [
      { protocol: "rdp", guacamoleParameters: "security=tls" },
      { ...rdp, security: "tls" },
    ],
  ])("under the policy %j are these and no others", (texts, expected) => {
    expect(parameters(texts)).toEqual(expected);
  });

  it.each(["cert-fingerprints=aa:bb", "cert-tofu=true", "ignore-cert=false"])(
    "with %s do not trust every certificate",
    (pair) => {
      expect(parameters({ protocol: "rdp", guacamoleParameters: pair })["ignore-cert"]).not.toBe("true");
    },
  );

  it.each<[PolicyTexts, string[]]>([
    [{ allowCopy: "true" }, ["disable-paste"]],
    [{ allowPaste: "true" }, ["disable-copy"]],
    [{ allowCopy: "true", allowPaste: "true" }, []],
  ])("under %j leave the other direction of the clipboard closed", (texts, closed) => {
    for (const protocol of ["vnc", "rdp", "ssh"])
      expect(Object.keys(parameters({ ...texts, protocol })).filter((name) => Object.hasOwn(locked, name))).toEqual(
        closed,
      );
  });
});
