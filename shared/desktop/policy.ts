import { z } from "zod";
import { refuse, type Refusal, tellFaults } from "../errors.ts";
import type { Workspace } from "./entitlement.ts";
import { faultOfParameter, type Protocol } from "./guacamole-parameters.ts";
import { labelText, taint } from "./label-text.ts";
import {
  amount,
  destination,
  environmentSource,
  flag,
  isWebAddress,
  listOf,
  none,
  numberOr,
  objectName,
  pathText,
  portOr,
  quantity,
  text,
  toleration,
  wholeNumber,
  wholeNumberOr0,
} from "./policy-text.ts";

/** A policy as people write it: text by field, in settings (`cpuLimit` is DESKTOP_CPU_LIMIT) and in ConfigMaps alike. */
export type PolicyTexts = Readonly<Record<string, string>>;

/** What a workspace's own policy says, or why it says nothing: there is no such ConfigMap, or it is not marked as a policy. */
export type OwnPolicy = PolicyTexts | "missing" | "not marked";

/** The protocols' own ports (IANA). */
const usualPort: Readonly<Record<Protocol, number>> = { vnc: 5900, rdp: 3389, ssh: 22 };

/** Plans that release 0.1.0 stored have no such fields: their desktops get these. */
export const usualEphemeralStorage = { request: "512Mi", limit: "4Gi" };

/** Every field of a policy: how its text is read, its default, and its meaning, which docs/policy.md shows. */
export const policyFields = {
  image: text(/^\S+$/, "is not the name of an image").describe(
    "Image of the desktop's container, by digest where possible",
  ),
  pullSecrets: listOf(text(objectName, "has an item that is not the name of a Secret"))
    .prefault(none)
    .describe("Secrets in NAMESPACE with which the image is pulled: `name,…` or `none`"),
  browserUrl: z
    .string()
    .refine(isWebAddress, "is not a web address (https://…)")
    .prefault("https://jupyter.{workspace}.example.org")
    .describe("What the browser opens; `{workspace}` is filled in"),
  environmentFrom: listOf(text(/^(configmap|secret)\/\S+$/, "is not a list of configmap/name and secret/name"))
    .transform((sources, context) => sources.map((source) => environmentSource(source, context)))
    .prefault(none)
    .describe(
      "ConfigMaps and Secrets in NAMESPACE that become environment variables: `configmap/name,secret/name` or `none`",
    ),

  protocol: z
    .enum(["vnc", "rdp", "ssh"], { error: "is not one of vnc, rdp, ssh" })
    .prefault("vnc")
    .describe("`vnc`, `rdp` or `ssh`"),
  port: portOr("usual")
    .prefault("usual")
    .describe("Port of that protocol in the container, or `usual`: 5900, 3389 or 22"),
  loginName: text(/^[a-z_][a-z0-9_-]{0,31}$/, "is not a login name")
    .prefault("desktop")
    .describe("Account in the container that RDP, SSH and file transfer log in to"),

  cpuRequest: amount().prefault("250m").describe("CPU that a desktop is guaranteed"),
  memoryRequest: amount().prefault("512Mi").describe("Memory that a desktop is guaranteed"),
  cpuLimit: amount().prefault("2").describe("CPU that a desktop may use"),
  memoryLimit: amount().prefault("2Gi").describe("Memory that a desktop may use"),
  ephemeralStorageRequest: amount()
    .prefault(usualEphemeralStorage.request)
    .describe("Disk of its node that a desktop is guaranteed"),
  ephemeralStorageLimit: amount()
    .prefault(usualEphemeralStorage.limit)
    .describe("Disk of its node that a desktop may use: files, logs and temporary volumes, but not its image"),
  nodeSelector: listOf(text(labelText, "is not a list of labels (key=value,key=value)"))
    .transform((labels) => Object.fromEntries(labels.map((label) => label.split("=") as [string, string])))
    .prefault(none)
    .describe("Labels of the nodes that may run it: `key=value,…` or `none`"),
  tolerations: listOf(text(taint, "is not a list of taints (key=value:NoSchedule)"))
    .transform((taints) => taints.map(toleration))
    .prefault(none)
    .describe("Taints that it tolerates, as kubectl writes them: `key=value:NoSchedule,…` or `none`"),
  runAsNonRoot: flag()
    .prefault("true")
    .describe("`false` only for an image that needs root: it weakens the container's isolation"),

  destinations: listOf(z.string())
    .transform((places, context) => places.map((place) => destination(place, context)))
    .prefault("jupyterhub/app=jupyterhub:8000")
    .describe(
      "Where it may connect to besides DNS: `namespace/label=value:port` or `10.1.0.0/16:port`, separated by commas, or `none`",
    ),
  allowCopy: flag().prefault("false").describe("Whether text may be copied out of the desktop"),
  allowPaste: flag().prefault("false").describe("Whether text may be pasted into the desktop"),
  allowUpload: flag().prefault("false").describe("Whether files may be sent into the desktop, over SFTP"),
  allowDownload: flag().prefault("false").describe("Whether files may be fetched out of the desktop, over SFTP"),
  sftpPort: portOr(none)
    .prefault(none)
    .describe("Port of the container's SSH server, which file transfer needs for VNC and RDP, or `none`"),
  recordingPath: pathText(/^(none|(?!.*\.\.)(\/|\$\{HISTORY_PATH\})[^\r\n]*)$/, "is neither an absolute path nor none")
    .transform((path) => (path === none ? null : path))
    .prefault(none)
    .describe("Folder on guacd's disk for recordings of sessions, or `none`"),
  recordingName: pathText(/^[^/\r\n]+$/, "is not a file name")
    .prefault("${HISTORY_UUID}")
    .describe("File name of a recording"),
  recordKeys: flag().prefault("false").describe("Whether a recording holds each key pressed, passwords too"),
  guacamoleParameters: listOf(text(/^[a-z-]+=.+$/, "is not a list of name=value"))
    .transform((pairs) =>
      pairs.map((pair) => [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)] as const),
    )
    .prefault(none)
    .describe("More parameters of the connection, from a closed list: `color-depth=16,…` or `none`"),

  startsAtOnce: numberOr("unlimited")
    .prefault("unlimited")
    .describe("How many desktops of the workspace may start at once, or `unlimited`"),
  maxDesktops: numberOr("unlimited")
    .prefault("unlimited")
    .describe("How many desktops of the workspace may run or start, or `unlimited`"),
  readyWithinSeconds: wholeNumber().prefault("300").describe("How long a container may take to become ready"),
  unschedulableGraceSeconds: wholeNumber()
    .prefault("120")
    .describe("How long a pod may wait for a node, so that a cluster can grow"),
  idleMinutes: wholeNumber().prefault("60").describe("How long a desktop may run with nobody connected"),
  startGraceMinutes: wholeNumber()
    .prefault("30")
    .describe("How long a started desktop waits for its person's first visit"),
  longestSessionMinutes: wholeNumber()
    .prefault("720")
    .describe("The longest time that a desktop may run, in use or not"),
  longestExtensionMinutes: wholeNumber()
    .prefault("10080")
    .describe("How far ahead an administrator may extend a desktop"),
  longestOwnExtensionMinutes: wholeNumberOr0()
    .prefault("240")
    .describe(
      "How far ahead people may extend their own desktop, within `longestSessionMinutes` and the entitlement; `0`: not at all",
    ),
};

const policySchema = z.strictObject(policyFields).transform(({ port, guacamoleParameters, ...fields }, context) => {
  const fault = (field: string, message: string) => {
    context.addIssue({ code: "custom", path: [field], message });
  };
  if (quantity(fields.cpuRequest) > quantity(fields.cpuLimit)) fault("cpuRequest", "is more than cpuLimit");
  if (quantity(fields.memoryRequest) > quantity(fields.memoryLimit)) fault("memoryRequest", "is more than memoryLimit");
  if (quantity(fields.ephemeralStorageRequest) > quantity(fields.ephemeralStorageLimit))
    fault("ephemeralStorageRequest", "is more than ephemeralStorageLimit");

  const { protocol, sftpPort } = fields;
  const own = port ?? usualPort[protocol];
  const transfers = fields.allowUpload || fields.allowDownload;
  if (transfers && protocol !== "ssh") {
    if (sftpPort === null) fault("sftpPort", `is needed for file transfer with ${protocol}`);
    else if (sftpPort === own) fault("sftpPort", `is the port of ${protocol}`);
  }
  for (const [name, value] of guacamoleParameters) {
    const wrong = faultOfParameter(protocol, name, value);
    if (wrong !== null) fault("guacamoleParameters", wrong);
  }
  return { ...fields, port: own, guacamoleParameters: Object.fromEntries(guacamoleParameters) };
});

/** How a workspace's desktops are. Plain data: it goes through the task hub, and holds no secret. */
export type DesktopPolicy = z.output<typeof policySchema>;

/** The longest text of a field: 64 destinations with long names. Longer ones are not read at all, as reading takes time. */
const mostCharacters = 4_096;

type ParsedPolicy = DesktopPolicy | { faults: { field: string; reason: string }[] };

/** The policy that these texts say, or each field that is wrong with the reason; values are not repeated. */
export function parsePolicy(texts: PolicyTexts): ParsedPolicy {
  const tooLong = Object.keys(texts).filter((field) => (texts[field] ?? "").length > mostCharacters);
  if (tooLong.length > 0)
    return { faults: tooLong.map((field) => ({ field, reason: `has more than ${mostCharacters} characters` })) };
  const text = JSON.stringify(texts);
  const known = parsed.get(text);
  if (known) return known;
  const policy = parse(texts);
  if (parsed.size >= mostParsed) parsed.clear();
  if (text.length <= longestParsed) parsed.set(text, policy);
  return policy;
}

/** Every request and every step of a start reads the same few policies again, which took 5 % of the CPU of a request. */
const parsed = new Map<string, ParsedPolicy>();
const mostParsed = 200;
const longestParsed = 20_000;

function parse(texts: PolicyTexts): ParsedPolicy {
  const result = policySchema.safeParse(texts, { reportInput: false });
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((field) => ({ field, reason: "is not a field of a policy" }))
      : [
          {
            field: String(issue.path[0]),
            reason:
              Object.hasOwn(texts, String(issue.path[0])) || issue.code === "custom" ? issue.message : "is missing",
          },
        ],
  );
  return { faults };
}

/** What is said of a workspace whose annotation names no ConfigMap. */
export const notAConfigMap =
  "its annotation xlscsde.nhs.uk/desktop-policy does not hold the name of a ConfigMap (correct it, or remove it for the defaults)";

/**
 * The policy of a workspace: the defaults, and over them what its own texts say.
 */
export function policyOf(
  { name, policy }: Pick<Workspace, "name" | "policy">,
  defaults: PolicyTexts,
  own: OwnPolicy,
): DesktopPolicy | Refusal {
  if (policy !== undefined && !objectName.test(policy))
    return refuse("invalid-policy", `policy of ${name}: ${notAConfigMap}`);
  const what = policy === undefined ? `policy of ${name}` : `policy of ${name} (ConfigMap ${policy})`;
  if (own === "missing") return refuse("invalid-policy", `${what}: there is no such ConfigMap`);
  if (own === "not marked")
    return refuse(
      "invalid-policy",
      `${what}: it is not marked as a policy (kubectl label configmap ${policy} xlscsde.nhs.uk/purpose=desktop-policy)`,
    );
  const read = parsePolicy({ ...defaults, ...own });
  if (!("faults" in read)) return read;
  return refuse(
    "invalid-policy",
    `${what}: ${tellFaults(read.faults.map(({ field, reason }) => `${field} ${reason}`))}`,
  );
}
