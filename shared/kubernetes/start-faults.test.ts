import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultOfContainer, faultOfPod, startFaults } from "./start-faults.ts";

const image = "registry.example.org/desktops/firefox:1.4";
const pulled = `failed to pull and unpack image "${image}"`;
const resolved = `${pulled}: failed to resolve reference "${image}"`;
const rpc = "rpc error: code = Unknown desc =";

/** What is said, of which image if not the usual one, and where such words were seen. */
type Example = [words: string, source: string, of?: string];

/** Of pulls. Each reason is tried: the kubelet repeats the words of a failed pull while it backs off. */
const waitingPulls: Example[] = [
  [
    `${rpc} ${resolved}: failed to do request: Head "https://registry.example.org/v2/desktops/firefox/manifests/1.4": dial tcp 192.0.2.9:443: connect: connection refused`,
    "containerd, kubesphere/kubekey #2576",
  ],
  [
    `rpc error: code = DeadlineExceeded desc = ${resolved}: failed to do request: Head "https://registry.example.org/v2/desktops/firefox/manifests/1.4": dial tcp 192.0.2.9:443: i/o timeout`,
    "containerd, kubesphere/kubekey #2576",
  ],
  [`rpc error: code = Canceled desc = ${pulled}: context canceled`, "containerd, kubernetes/kubernetes #131521"],
  [
    `${resolved}: failed to authorize: failed to fetch anonymous token: Get "https://auth.example.org/token?scope=repository%3Adenied": EOF`,
    "Docker with containerd's resolver, router-for-me/CLIProxyAPI #2668",
  ],
  [
    `${rpc} error pinging docker registry registry.example.org: Get "https://registry.example.org/v2/": proxyconnect tcp: dial tcp: lookup proxy: Temporary failure in name resolution`,
    "CRI-O, cri-o/cri-o #2331",
  ],
  [
    `${rpc} pinging docker registry returned: Get http://registry.example.org/v2/: dial tcp 192.0.2.9:80: i/o timeout`,
    "CRI-O, cri-o/cri-o #2723",
  ],
  [
    `${rpc} ${resolved}: unexpected status from HEAD request to https://registry.example.org/v2/desktops/firefox/manifests/1.4: 503 Service Unavailable`,
    "containerd 1.7, remotes/docker/resolver.go",
  ],
  [
    `${rpc} ${resolved}: unexpected status code [manifests 1.4]: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit.`,
    "containerd 1.4, Docker Hub",
  ],
  [
    `${rpc} Error reading manifest 1.4 in registry.example.org/desktops/firefox: error parsing HTTP 404 response body: invalid character '<' looking for beginning of value: "<!DOCTYPE HTML>"`,
    "containers/image, containers/podman #3022: a gateway's page, not the registry's word",
  ],
  [
    `rpc error: code = NotFound desc = ${pulled}: httpReadSeeker: failed open: content at https://registry.example.org/v2/desktops/firefox/manifests/sha256:2e22 not found: not found`,
    "containerd, containerd/containerd #5799",
  ],
  [
    `rpc error: code = NotFound desc = ${pulled}: failed to prepare extraction snapshot "extract-795119289 sha256:9281": parent snapshot sha256:0b16 does not exist: not found`,
    "containerd, containerd/containerd #8173",
  ],
  ...[
    "failed to copy: lease does not exist: not found",
    "failed to get stat for content: blob sha256:2e22: not found",
    "unexpected media type text/html for sha256:2e22: not found",
  ].map((words): Example => [
    `rpc error: code = NotFound desc = ${pulled}: ${words}`,
    "containerd, whose errors of any kind end in its class (errdefs.ErrNotFound)",
  ]),
  ["pull QPS exceeded", "the kubelet, pkg/kubelet/images/throttled_puller.go"],
  [
    `${rpc} failed to pull and unpack image "registry.example.org/denied:not-found": something new happened`,
    "an image whose name has the words of a refusal",
    "registry.example.org/denied:not-found",
  ],
  [
    `${rpc} (Mirrors also failed: [mirror.example.org/firefox: reading manifest 1.4: dial tcp 192.0.2.8:443: connect: connection refused]): registry.example.org/desktops/firefox:1.4: reading manifest 1.4 in registry.example.org/desktops/firefox: manifest unknown`,
    "containers/image, docker/docker_image_src.go: the mirror that is away may have it",
  ],
];
const endingPulls: Example[] = [
  [
    `${rpc} Error response from daemon: manifest for a:1 not found: manifest unknown: manifest unknown`,
    "Docker, an image whose name is in every word",
    "a:1",
  ],
  [
    `rpc error: code = NotFound desc = ${resolved}: ${image}: not found`,
    "containerd, kubernetes-sigs/provider-aws-test-infra #281",
  ],
  [
    `${rpc} Error reading manifest 1.4 in registry.example.org/desktops/firefox: manifest unknown: manifest unknown`,
    "CRI-O 1.18, cri-o/cri-o #4388",
  ],
  [
    `${rpc} ${resolved}: pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials`,
    "containerd, containerd/containerd #11103",
  ],
  [
    `${rpc} ${resolved}: failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://registry.example.org/token?scope=repository%3Adesktops%2Ffirefox%3Apull: 403 Forbidden`,
    "containerd, rossoctl/rossoctl #116",
  ],
  [
    `${rpc} ${resolved}: unexpected status code [manifests 1.4]: 401 Unauthorized`,
    "containerd 1.4, containerd/containerd #5084",
  ],
  [
    `${rpc} Error response from daemon: unauthorized: authentication required`,
    "Docker, octarinesec/octarine-operator #15",
  ],
  [
    `${rpc} Error response from daemon: pull access denied for desktops/firefox, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    "Docker, octarinesec/octarine-operator #15",
  ],
  [
    `${rpc} Error reading manifest latest in registry.example.org/desktops/firefox: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required`,
    "CRI-O, cri-o/cri-o #2331",
  ],
  [
    `initializing source docker://${image}: Requesting bearer token: invalid status code from registry 403 (Forbidden)`,
    "containers/image, k0sproject/k0sctl #981",
  ],
  [`${rpc} ${pulled}: no match for platform in manifest sha256:2e22: not found`, "containerd 1.7, images/image.go"],
];

const waitingStates: [reason: string, ...Example][] = [
  [
    "CreateContainerConfigError",
    "failed to sync secret cache: timed out waiting for the condition",
    "kubernetes/kubernetes #117972",
  ],
  [
    "CreateContainerConfigError",
    "failed to sync configmap cache: timed out waiting for the condition",
    "Shopify/krane #886",
  ],
  [
    "CreateContainerConfigError",
    "services have not yet been read at least once, cannot construct envvars",
    "the kubelet while it starts, pkg/kubelet/kubelet_pods.go",
  ],
  [
    "CreateContainerConfigError",
    'secret "desktop" not found',
    "Shopify/krane #886; whether it is there decides the API",
  ],
  ["CreateContainerError", "context deadline exceeded", "containerd that is too busy"],
  [
    "CreateContainerError",
    'failed to reserve container name "desktop_p_guacamole_1": name "desktop_p_guacamole_1" is reserved for "81b0"',
    "containerd 1.4 after such a timeout",
  ],
  [
    "RunContainerError",
    "failed to create containerd task: failed to start shim: symlink /run/a /run/containerd/b: no such file or directory: unknown",
    "containerd, kuasar-io/kuasar #26",
  ],
  [
    "ImageInspectError",
    'Failed to inspect image "firefox": rpc error: code = Unavailable desc = connection error',
    "a runtime that restarts",
  ],
  [
    "RegistryUnavailable",
    `image pull failed for ${image} because the registry is unavailable`,
    "pkg/kubelet/images/image_manager.go",
  ],
  ["PostStartHookError", "PostStartHookError", "pkg/kubelet/kuberuntime/kuberuntime_container.go"],
  ["ContainerCreating", "", "pkg/kubelet/container"],
  [
    "Error",
    'exec: "vncserver": executable file not found in $PATH',
    "what the container itself wrote, not the runtime",
  ],
];
const endingStates: [reason: string, ...Example][] = [
  [
    "InvalidImageName",
    `Failed to apply default image tag "Firefox": couldn't parse image name`,
    "pkg/kubelet/images/image_manager.go",
  ],
  [
    "ErrImageNeverPull",
    `Container image "${image}" is not present with pull policy of Never`,
    "pkg/kubelet/images/image_manager.go",
  ],
  [
    "SignatureValidationFailed",
    `image pull failed for ${image} because the signature validation failed: A signature was required`,
    "pkg/kubelet/images/image_manager.go",
  ],
  [
    "CreateContainerConfigError",
    'container has runAsNonRoot and image will run as root (pod: "p", container: desktop)',
    "pkg/kubelet/kuberuntime/security_context.go",
  ],
  [
    "CreateContainerConfigError",
    "container has runAsNonRoot and image has non-numeric user (firefox), cannot verify user is non-root",
    "pkg/kubelet/kuberuntime/security_context.go",
  ],
  [
    "CreateContainerConfigError",
    "container's runAsUser breaks non-root policy",
    "pkg/kubelet/kuberuntime/security_context.go",
  ],
  [
    "RunContainerError",
    'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "/go-runner": stat /go-runner: no such file or directory: unknown',
    "containerd with runc, aws/eks-pod-identity-agent #75",
  ],
  [
    "CreateContainerError",
    'runc create failed: unable to start container process: exec: "/bin/reloader": permission denied',
    "CRI-O with runc, opencontainers/runc #4713",
  ],
  [
    "CreateContainerError",
    "container create failed: executable file `vncserver` not found in $PATH: No such file or directory",
    "CRI-O with crun, containers/crun #1664",
  ],
  [
    "StartError",
    'OCI runtime create failed: container_linux.go:259: starting container process caused "exec: \\"sleep\\": executable file not found in $PATH"',
    "runc, opencontainers/runc #1490",
  ],
  [
    "CreateContainerError",
    'failed to generate container "81b0" spec: failed to generate spec: no command specified',
    "containerd, an image without an entrypoint",
  ],
];

const waitingPods: Example[] = [
  [
    'Internal error occurred: failed calling webhook "gcp-auth-mutate.k8s.io": Post https://gcp-auth.gcp-auth.svc:443/mutate?timeout=10s: dial tcp 10.99.244.159:443: connect: connection refused',
    "kubernetes/minikube #9208",
  ],
  [
    "Timeout: request did not complete within requested timeout context deadline exceeded",
    "kubernetes/kubernetes #112765",
  ],
  [
    'Operation cannot be fulfilled on resourcequotas "small": the object has been modified',
    "apiserver, admission of quotas",
  ],
  [
    'pods "client-1-x" is forbidden: status unknown for quota: small, resources: pods',
    "apiserver, a quota that is new",
  ],
  [
    'pods "client-1-x" is forbidden: error looking up service account guacamole/default: serviceaccount "default" not found',
    "apiserver, a namespace that is new",
  ],
  ["etcdserver: leader changed", "etcd"],
  [
    'admission webhook "policy.example.org" denied the request: get image: context deadline exceeded',
    "a webhook that asks a registry",
  ],
  ["something new happened", "nothing that we know"],
];
const endingPods: Example[] = [
  [
    'pods "client-1-x" is forbidden: exceeded quota: timeouts, requested: pods=1, used: pods=500, limited: pods=500',
    "apiserver",
  ],
  ['admission webhook "validation.gatekeeper.sh" denied the request: [images] not from our registry', "Gatekeeper"],
  [
    'pods "client-1-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false',
    "apiserver, pod security admission",
  ],
  ["pods \"client-1-x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "apiserver"],
  ['Pod "client-1-x" is invalid: spec.containers[0].image: Required value', "apiserver"],
  ['pods "client-1-x" is forbidden: failed quota: small: must specify limits.cpu', "apiserver"],
];

const pulls = (examples: Example[]) =>
  examples.flatMap(([words, source, of = image]): [string, ...Example][] => [
    ["ErrImagePull", words, source, of],
    ["ImagePullBackOff", `Back-off pulling image "${of}": ErrImagePull: ${words}`, source, of],
  ]);

describe("a start waits for what heals by itself", () => {
  it.each([...pulls(waitingPulls), ...waitingStates])("%s: %s (%s)", (reason, words, _source, of = image) => {
    expect(faultOfContainer(reason, words, of)?.then ?? "waits").toBe("waits");
  });
  it.each(waitingPods)("%s (%s)", (words) => {
    expect(faultOfPod(words)?.then ?? "waits").toBe("waits");
  });
});

describe("a start ends at once for what cannot heal", () => {
  it.each([...pulls(endingPulls), ...endingStates])("%s: %s (%s)", (reason, words, _source, of = image) => {
    expect(faultOfContainer(reason, words, of)?.then).toBe("ends");
  });
  it.each(endingPods)("%s (%s)", (words) => {
    expect(faultOfPod(words)?.then).toBe("ends");
  });
});

it("docs/operations.md lists every kind of fault, and what follows", () => {
  const text = readFileSync(new URL("../../docs/operations.md", import.meta.url), "utf8");
  for (const { what, then } of startFaults) expect(text).toMatch(new RegExp(`^\\| ${what} +\\| ${then}\\b`, "m"));
});
