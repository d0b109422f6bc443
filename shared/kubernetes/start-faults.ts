/** Where the cluster says it: a container's state, or the refusal of the pod itself. */
type Place = "image" | "container" | "pod";

/** One kind of fault of a start: how it is recognised, and if waiting can cure it. docs/operations.md has the same rows. */
export interface StartFault {
  /** As docs/operations.md puts it; a test compares them. */
  what: string;
  then: "waits" | "ends";
  place: Place;
  /** Needed where the reason alone says too little. Names are taken out before (see `withoutNames`). */
  words?: RegExp;
  /** Needed where the words alone say too little. */
  reasons?: readonly string[];
  /** Does not count if the kubelet pulled without the pod's own Secret. */
  needsCredentials?: true;
  /** A desktop of another policy may start from the same image. */
  dependsOnPolicy?: true;
}

/** Words of networks, registries, runtimes and API servers that are away or too busy. Go's `net` and `net/http` have most of them. */
const outage =
  /time[d-]? ?out|deadline exceeded|context canceled|connection (?:refused|reset)|no such host|server misbehaving|temporary failure|try again|no route to host|network is (?:unreachable|down)|broken pipe|\bEOF\b|tls handshake|too ?many ?requests|rate limit|qps exceeded|unavailable|bad gateway|internal server error|dial tcp|leader changed|no space left|no endpoints available/i;

/**
 * What ends a start at once, and what is waited for. The first row that fits decides; what fits none is waited for, until
 * `readyWithinSeconds` are over.
 *
 * The words are those of the kubelet (pkg/kubelet/images, kuberuntime and kubelet_pods.go, 1.20 to 1.37), containerd (1.4 to 2.1),
 * CRI-O (1.18 to 1.31), runc, crun, and of the API server's admission. start-faults.test.ts has an example for each, with its source.
 */
export const startFaults: readonly StartFault[] = [
  // A mirror or a token service that is away hides the registry's own answer, so outages come first.
  { what: "the registry is away, slow or limits the rate", then: "waits", place: "image", words: outage },
  // Also "not found", but the next pull fetches it again.
  {
    what: "the node has lost a part of the image",
    then: "waits",
    place: "image",
    words: /httpReadSeeker|content (?:at|digest)|could not fetch content|snapshot|failed size validation/i,
  },
  {
    what: "the registry does not know the image",
    then: "ends",
    place: "image",
    words:
      /failed to resolve (?:reference|image) "": \S*: not found(?:: unknown)?$|(?:manifest|name|repository)[ _]unknown|manifest (?:for \S* ?)?not found|repository (?:\S* )?not found|repository name not known/i,
  },
  {
    what: "the registry refuses the credentials, or their absence",
    then: "ends",
    place: "image",
    needsCredentials: true,
    words:
      /(?:^|[\s:])(?:unauthorized|denied)(?::|$)|pull access denied|insufficient_scope|authorization failed|authentication required|no basic auth credentials|(?:401 |[(])unauthorized|(?:403 |[(])forbidden|invalid username\/password/i,
  },
  {
    what: "the image does not run on the node's platform",
    then: "ends",
    place: "image",
    words: /no match for platform|no matching manifest for|no image found in (?:manifest list|image index) for/i,
  },
  {
    what: "the image's name is not valid",
    then: "ends",
    place: "image",
    words: /invalid reference format|couldn't parse image|short.name/i,
  },
  { what: "the image's name is not valid", then: "ends", place: "image", reasons: ["InvalidImageName"] },
  {
    what: "the image may not be pulled, and is not on the node",
    then: "ends",
    place: "image",
    reasons: ["ErrImageNeverPull"],
  },
  {
    what: "the image's signature is not accepted",
    then: "ends",
    place: "image",
    words: /signature ?validation ?failed/i,
  },
  {
    what: "the image runs as root, and the policy forbids it",
    then: "ends",
    place: "container",
    dependsOnPolicy: true,
    reasons: ["CreateContainerConfigError", "CreateContainerError"],
    words: /runAsNonRoot|non-root policy/i,
  },
  {
    what: "the image's command is not there or cannot be run",
    then: "ends",
    place: "container",
    reasons: ["CreateContainerError", "RunContainerError", "StartError", "ContainerCannotRun"],
    words:
      /executable file (?:`[^`]*` )?not found|exec: \\?""[^"]*(?:no such file or directory|permission denied|is a directory)|open executable: |exec format error|no command specified/i,
  },
  // Of the ReplicaSet, when it cannot create the pod.
  { what: "a quota is used up", then: "ends", place: "pod", words: /exceeded quota/i },
  {
    what: "an admission webhook, a quota or the API server is away or has not caught up",
    then: "waits",
    place: "pod",
    words: new RegExp(
      `${outage.source}|operation cannot be fulfilled|internal error occurred|failed (?:to call|calling) webhook|status unknown for quota|service account|not yet ready to handle request`,
      "i",
    ),
  },
  {
    what: "an admission controller or the API server refuses the pod",
    then: "ends",
    place: "pod",
    words: /denied the request|denied request|is forbidden|is invalid|violates|must specify/i,
  },
];

const ofImages = /^(?:ErrImage|Image|InvalidImageName$|RegistryUnavailable$|SignatureValidationFailed$)/;

/** The first row that fits what a container's state says; undefined if none does. */
export function faultOfContainer(reason: string, message: string, image: string): StartFault | undefined {
  return faultIn(ofImages.test(reason) ? "image" : "container", reason, withoutNames(message, image));
}

/** The first row that fits why a pod could not be created; undefined if none does. */
export function faultOfPod(message: string): StartFault | undefined {
  return faultIn("pod", "", withoutNames(message, ""));
}

function faultIn(place: Place, reason: string, message: string): StartFault | undefined {
  return startFaults.find(
    (fault) =>
      fault.place === place &&
      (fault.reasons?.includes(reason) ?? true) &&
      (fault.words === undefined || fault.words.test(message)),
  );
}

/** A message without what it quotes and without names: an image may be called `denied`, and a path may have `timeout` in it. */
function withoutNames(message: string, image: string): string {
  const [repository = ""] = image.split(/@|:(?=[^/]*$)/);
  const names = [image, repository].filter((name) => name !== "");
  return names
    .reduce((text, name) => text.replaceAll(new RegExp(`(?<![\\w./-])${literally(name)}(?![\\w-])`, "g"), ""), message)
    .replaceAll(/"[^"\s]*"/g, '""')
    .replaceAll(/\b[a-z]+:\/\/\S*[^\s:]/g, "");
}

function literally(text: string): string {
  return text.replaceAll(/[^\w/]/g, (character) => `\\${character}`);
}
