import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { settingOf } from "../config.ts";
import { parsePolicy, policyFields, policyOf, type PolicyTexts } from "./policy.ts";

const image = "example.org/desktop:1";
const read = (texts: PolicyTexts) => parsePolicy({ image, ...texts });

describe("a policy", () => {
  it("that says nothing but the image is locked down", () => {
    expect(read({})).toEqual({
      image,
      pullSecrets: [],
      browserUrl: "https://jupyter.{workspace}.example.org",
      environmentFrom: [],
      protocol: "vnc",
      port: 5900,
      loginName: "desktop",
      cpuRequest: "250m",
      memoryRequest: "512Mi",
      cpuLimit: "2",
      memoryLimit: "2Gi",
      ephemeralStorageRequest: "512Mi",
      ephemeralStorageLimit: "4Gi",
      nodeSelector: {},
      tolerations: [],
      runAsNonRoot: true,
      destinations: [{ namespace: "jupyterhub", label: ["app", "jupyterhub"], port: 8000 }],
      allowCopy: false,
      allowPaste: false,
      allowUpload: false,
      allowDownload: false,
      sftpPort: null,
      recordingPath: null,
      recordingName: "${HISTORY_UUID}",
      recordKeys: false,
      guacamoleParameters: {},
      startsAtOnce: null,
      maxDesktops: null,
      readyWithinSeconds: 300,
      unschedulableGraceSeconds: 120,
      idleMinutes: 60,
      startGraceMinutes: 30,
      longestSessionMinutes: 720,
      longestExtensionMinutes: 10080,
      longestOwnExtensionMinutes: 240,
    });
  });

  it.each<[PolicyTexts, object]>([
    [{ pullSecrets: "one, two" }, { pullSecrets: ["one", "two"] }],
    [{ pullSecrets: "none" }, { pullSecrets: [] }],
    [{ browserUrl: "http://{workspace}.hub:8000/lab" }, { browserUrl: "http://{workspace}.hub:8000/lab" }],
    [
      { environmentFrom: "configmap/proxy,secret/licence" },
      {
        environmentFrom: [
          { kind: "configmap", name: "proxy" },
          { kind: "secret", name: "licence" },
        ],
      },
    ],
    [{ protocol: "rdp" }, { port: 3389 }],
    [{ protocol: "ssh" }, { port: 22 }],
    [{ protocol: "ssh", port: "2222" }, { port: 2222 }],
    [{ cpuRequest: "2000m", cpuLimit: "2" }, { cpuRequest: "2000m" }],
    [{ memoryRequest: "1024Mi", memoryLimit: "1Gi" }, { memoryLimit: "1Gi" }],
    [
      { nodeSelector: "agentpool=desktops,example.org/tier=b" },
      { nodeSelector: { agentpool: "desktops", "example.org/tier": "b" } },
    ],
    [
      { tolerations: "for=desktops:NoSchedule,spot:NoExecute,old" },
      {
        tolerations: [
          { key: "for", operator: "Equal", value: "desktops", effect: "NoSchedule" },
          { key: "spot", operator: "Exists", effect: "NoExecute" },
          { key: "old", operator: "Exists" },
        ],
      },
    ],
    [{ destinations: "10.20.0.0/16:443" }, { destinations: [{ cidr: "10.20.0.0/16", except: [], port: 443 }] }],
    [{ destinations: "none" }, { destinations: [] }],
    [
      { allowCopy: "true", allowPaste: "true" },
      { allowCopy: true, allowPaste: true },
    ],
    [{ allowUpload: "true", sftpPort: "22" }, { sftpPort: 22 }],
    [
      { allowDownload: "true", protocol: "ssh" },
      { allowDownload: true, sftpPort: null },
    ],
    [
      { recordingPath: "${HISTORY_PATH}", recordKeys: "true" },
      { recordingPath: "${HISTORY_PATH}", recordKeys: true },
    ],
    [{ recordingPath: "/rec/${GUAC_USERNAME}" }, { recordingPath: "/rec/${GUAC_USERNAME}" }],
    [
      { guacamoleParameters: "color-depth=16,encodings=zrle raw" },
      { guacamoleParameters: { "color-depth": "16", encodings: "zrle raw" } },
    ],
  ])("%j is understood", (texts, expected) => {
    expect(read(texts)).toMatchObject(expected);
  });

  it.each<[PolicyTexts, string, RegExp]>([
    [{ image: "" }, "image", /not the name of an image/],
    [{ pullSecrets: "one,,two" }, "pullSecrets", /not the name of a Secret/],
    [{ pullSecrets: "" }, "pullSecrets", /not the name of a Secret/],
    [{ browserUrl: "javascript:alert(1)" }, "browserUrl", /not a web address/],
    [{ environmentFrom: "proxy" }, "environmentFrom", /configmap\/name/],
    [{ environmentFrom: "secret/client-98177b67d1ea5a7cbb3e5ee858330091" }, "environmentFrom", /own credential/],
    [{ protocol: "telnet" }, "protocol", /not one of vnc, rdp, ssh/],
    [{ port: "0" }, "port", /neither a port/],
    [{ port: "65536" }, "port", /neither a port/],
    [{ loginName: "Desk Top" }, "loginName", /not a login name/],
    [{ cpuLimit: "two" }, "cpuLimit", /amount as Kubernetes/],
    [{ cpuRequest: "2500m" }, "cpuRequest", /more than cpuLimit/],
    [{ memoryRequest: "3Gi" }, "memoryRequest", /more than memoryLimit/],
    [{ ephemeralStorageRequest: "5Gi" }, "ephemeralStorageRequest", /more than ephemeralStorageLimit/],
    [{ ephemeralStorageLimit: "plenty" }, "ephemeralStorageLimit", /./],
    [{ nodeSelector: "agentpool" }, "nodeSelector", /list of labels/],
    [{ tolerations: "for=desktops:Sometimes" }, "tolerations", /list of taints/],
    [{ runAsNonRoot: "yes" }, "runAsNonRoot", /neither true nor false/],
    [{ destinations: "jupyterhub" }, "destinations", /namespace\/label=value:port/],
    [{ destinations: "169.254.169.254/32:80" }, "destinations", /cloud's own addresses/],
    [{ destinations: "168.63.129.16/32:80" }, "destinations", /cloud's own addresses/],
    [{ allowUpload: "true" }, "sftpPort", /needed for file transfer with vnc/],
    [{ allowDownload: "true", protocol: "rdp" }, "sftpPort", /needed for file transfer with rdp/],
    [{ allowUpload: "true", sftpPort: "5900" }, "sftpPort", /the port of vnc/],
    [{ recordingPath: "recordings" }, "recordingPath", /absolute path/],
    [{ recordingPath: "/rec/../etc" }, "recordingPath", /absolute path/],
    [{ recordingPath: "/rec/${OIDC_GROUP}" }, "recordingPath", /token/],
    [{ recordingName: "a/b" }, "recordingName", /not a file name/],
    [{ recordingName: "${GUAC_USERNAME" }, "recordingName", /token/],
    [{ guacamoleParameters: "colour-depth=16" }, "guacamoleParameters", /colour-depth.*not a parameter/],
    [{ guacamoleParameters: "color-depth=17" }, "guacamoleParameters", /one of 8, 16, 24, 32/],
    [{ guacamoleParameters: "autoretry=often" }, "guacamoleParameters", /whole number/],
    [{ guacamoleParameters: "encodings=${GUAC_PASSWORD}" }, "guacamoleParameters", /not allowed/],
    [{ guacamoleParameters: "font-size=12" }, "guacamoleParameters", /not a parameter that a policy may set for vnc/],
    ...[
      "hostname=elsewhere",
      "port=22",
      "password=1234",
      "disable-copy=false",
      "enable-sftp=true",
      "enable-audio=true",
      "recording-path=/",
      "dest-host=elsewhere",
      "reverse-connect=true",
      "constructor=true",
    ].map((pair): [PolicyTexts, string, RegExp] => [
      { guacamoleParameters: pair },
      "guacamoleParameters",
      /not a parameter that a policy may set/,
    ]),
    ...[
      "enable-drive=true",
      "enable-printing=true",
      "enable-audio-input=true",
      "static-channels=x",
      "gateway-hostname=x",
    ].map((pair): [PolicyTexts, string, RegExp] => [
      { protocol: "rdp", guacamoleParameters: pair },
      "guacamoleParameters",
      /not a parameter that a policy may set/,
    ]),
    [{ protocol: "ssh", guacamoleParameters: "command=sh" }, "guacamoleParameters", /not a parameter/],
    [{ readyWithinSeconds: "0" }, "readyWithinSeconds", /whole number from 1/],
    [{ idleMinutes: "1.5" }, "idleMinutes", /whole number from 1/],
    [{ cpuLimits: "2" }, "cpuLimits", /not a field/],
    [{ constructor: "x" }, "constructor", /not a field/],
  ])("%j is refused, and the field named", (texts, field, reason) => {
    expect(read(texts)).toEqual({ faults: [{ field, reason: expect.stringMatching(reason) as string }] });
  });

  it("names every fault at once", () => {
    expect(read({ cpuLimit: "x", protocol: "x", colour: "x" })).toMatchObject({
      faults: expect.arrayContaining(
        ["cpuLimit", "protocol", "colour"].map((field) => expect.objectContaining({ field }) as object),
      ) as object,
    });
    expect(parsePolicy({})).toEqual({ faults: [{ field: "image", reason: "is missing" }] });
  });
});

it("a policy is read once, whoever asks for it, and others are not taken for it", () => {
  expect(read({ cpuLimit: "3" })).toBe(read({ cpuLimit: "3" }));
  const wrong = { cpuLimit: "much" };
  expect(read(wrong)).toBe(read({ ...wrong }));
  expect(read({ cpuLimit: "4" })).toMatchObject({ cpuLimit: "4" });
});

it("a policy is not kept for ever: any number of others may follow", () => {
  const first = read({ loginName: "first" });
  for (let other = 0; other < 200; other += 1) read({ loginName: `other-${other}` });
  expect(read({ loginName: "first" })).not.toBe(first);
  expect(read({ loginName: "first" })).toEqual(first);
});

describe("a policy that is too large", () => {
  it.each<[string, PolicyTexts, RegExp]>([
    ["a long text", { destinations: "x,".repeat(450_000) }, /^destinations has more than 4096 characters$/],
    ["many items", { destinations: ",".repeat(4_000) }, /^destinations has more than 64 items$/],
    [
      "many wrong items",
      { environmentFrom: Array(64).fill("x").join(",") },
      /^(environmentFrom is not a list of [^;]*; ){10}and 54 more$/,
    ],
    [
      "many unknown fields",
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`field${index}`, ""])),
      /^(field\d is not a field of a policy; ){10}and 19990 more$/,
    ],
  ])("with %s is refused with few words", (_, own, words) => {
    const workspace = { name: "cohort", policy: "large" };
    const refusal = policyOf(workspace, { image }, own);
    expect(refusal).toMatchObject({ refused: "invalid-policy" });
    const { reason } = refusal as { reason: string };
    expect(reason.replace("policy of cohort (ConfigMap large): ", "")).toMatch(words);
  });
});

describe("a workspace's policy", () => {
  const workspace = { name: "asthma-cohort", policy: "large" };

  it("is the defaults with its own texts over them", () => {
    const policy = policyOf(workspace, { image, cpuLimit: "1" }, { cpuLimit: "8", allowCopy: "true" });
    expect(policy).toMatchObject({ image, cpuLimit: "8", allowCopy: true, allowPaste: false });
  });

  it("that is not there is refused, and so is one that is wrong, by workspace, ConfigMap and field", () => {
    expect(policyOf(workspace, { image }, "missing")).toEqual({
      refused: "invalid-policy",
      reason: "policy of asthma-cohort (ConfigMap large): there is no such ConfigMap",
    });
    expect(policyOf(workspace, { image }, { port: "x", protocol: "x" })).toEqual({
      refused: "invalid-policy",
      reason:
        "policy of asthma-cohort (ConfigMap large): protocol is not one of vnc, rdp, ssh; port is neither a port nor usual",
    });
  });
});

it("docs/policy.md has every field with its setting, default and meaning, and no other", async () => {
  const page = await readFile(new URL("../../docs/policy.md", import.meta.url), "utf8");
  const rows = [...page.matchAll(/^\| `(\w+)` +\| `([A-Z_]+)` +\| (.*?) +\| (.*?) +\|$/gm)].map((match) =>
    match.slice(1),
  );
  const wanted = Object.entries(policyFields).map(([field, schema]) => [
    field,
    settingOf(field),
    "defaultValue" in schema.def ? `\`${schema.def.defaultValue}\`` : "required",
    schema.description,
  ]);
  expect(rows).toEqual(wanted);
});
