import { isJsonObject, textOf, type Json, type JsonObject, type KubeObject } from "../objects.ts";

const setDefault = (object: JsonObject, field: string, value: Json): void => {
  object[field] ??= value;
};
const objectsOf = (value: Json | undefined): JsonObject[] => (Array.isArray(value) ? value.filter(isJsonObject) : []);
const childOf = (object: JsonObject, field: string): JsonObject => {
  const child = object[field];
  return isJsonObject(child) ? child : (object[field] = {});
};

/** Sets the defaults of a pod's or template's spec. Source: pkg/apis/core/v1/defaults.go of Kubernetes. */
function defaultPodSpec(spec: JsonObject): void {
  setDefault(spec, "restartPolicy", "Always");
  setDefault(spec, "terminationGracePeriodSeconds", 30);
  setDefault(spec, "dnsPolicy", "ClusterFirst");
  setDefault(spec, "securityContext", {});
  setDefault(spec, "schedulerName", "default-scheduler");
  if (spec["serviceAccountName"] !== undefined) setDefault(spec, "serviceAccount", spec["serviceAccountName"]);
  for (const container of [...objectsOf(spec["containers"]), ...objectsOf(spec["initContainers"])]) {
    defaultContainer(container);
  }
  for (const volume of objectsOf(spec["volumes"])) {
    for (const source of ["configMap", "secret", "projected", "downwardAPI"]) {
      const found = volume[source];
      if (isJsonObject(found)) setDefault(found, "defaultMode", 0o644);
    }
  }
}

function defaultContainer(container: JsonObject): void {
  setDefault(container, "resources", {});
  setDefault(container, "terminationMessagePath", "/dev/termination-log");
  setDefault(container, "terminationMessagePolicy", "File");
  const image = typeof container["image"] === "string" ? container["image"] : "";
  // An invalid reference has no tag, so the usual default applies.
  const isReference = /^[a-z0-9]/i.test(image);
  const tag = /:([^/:]+)$/.exec(image.replace(/@.*$/, ""))?.[1];
  const latest = isReference && !image.includes("@") && (tag === undefined || tag === "latest");
  setDefault(container, "imagePullPolicy", latest ? "Always" : "IfNotPresent");
  for (const port of objectsOf(container["ports"])) setDefault(port, "protocol", "TCP");
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const probe = container[name];
    if (isJsonObject(probe)) defaultProbe(probe);
  }
}

function defaultProbe(probe: JsonObject): void {
  setDefault(probe, "timeoutSeconds", 1);
  setDefault(probe, "periodSeconds", 10);
  setDefault(probe, "successThreshold", 1);
  setDefault(probe, "failureThreshold", 3);
  const get = probe["httpGet"];
  if (!isJsonObject(get)) return;
  setDefault(get, "path", "/");
  setDefault(get, "scheme", "HTTP");
}

function defaultTemplate(spec: JsonObject): void {
  const template = childOf(spec, "template");
  childOf(template, "metadata");
  defaultPodSpec(childOf(template, "spec"));
}

export function defaultDeployment(object: KubeObject): void {
  const spec = (object.spec ??= {});
  setDefault(spec, "replicas", 1);
  setDefault(spec, "revisionHistoryLimit", 10);
  setDefault(spec, "progressDeadlineSeconds", 600);
  const strategy = childOf(spec, "strategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] === "RollingUpdate") {
    const rolling = childOf(strategy, "rollingUpdate");
    setDefault(rolling, "maxSurge", "25%");
    setDefault(rolling, "maxUnavailable", "25%");
  }
  defaultTemplate(spec);
}

export function defaultReplicaSet(object: KubeObject): void {
  const spec = (object.spec ??= {});
  setDefault(spec, "replicas", 1);
  defaultTemplate(spec);
}

export function defaultPod(object: KubeObject): void {
  const spec = (object.spec ??= {});
  defaultPodSpec(spec);
  for (const container of [...objectsOf(spec["containers"]), ...objectsOf(spec["initContainers"])])
    defaultRequests(container);
  setDefault(spec, "serviceAccountName", "default");
  setDefault(spec, "serviceAccount", spec["serviceAccountName"] ?? "default");
  setDefault(spec, "enableServiceLinks", true);
  setDefault(spec, "preemptionPolicy", "PreemptLowerPriority");
  setDefault(spec, "priority", 0);
  const status = (object.status ??= {});
  setDefault(status, "phase", "Pending");
  setDefault(status, "qosClass", qosClass(spec));
}

/** What has a limit and no request asks for its limit: only of pods, not of the templates that they are made from. */
function defaultRequests({ resources }: JsonObject): void {
  if (isJsonObject(resources) && isJsonObject(resources["limits"]))
    resources["requests"] = { ...resources["limits"], ...(resources["requests"] as JsonObject | undefined) };
}

/** Guaranteed if every container's limits of cpu and memory equal its requests, BestEffort if there are none. */
function qosClass(spec: JsonObject): string {
  const resources = objectsOf(spec["containers"]).map((container) => childOf({ ...container }, "resources"));
  const entries = (of: JsonObject, name: string): JsonObject => (isJsonObject(of[name]) ? of[name] : {});
  if (
    resources.every((each) => Object.keys({ ...entries(each, "limits"), ...entries(each, "requests") }).length === 0)
  ) {
    return "BestEffort";
  }
  const guaranteed = resources.every((each) =>
    ["cpu", "memory"].every((name) => {
      const limit = entries(each, "limits")[name];
      return limit !== undefined && limit === entries(each, "requests")[name];
    }),
  );
  return guaranteed ? "Guaranteed" : "Burstable";
}

export function defaultService(object: KubeObject): void {
  const spec = (object.spec ??= {});
  setDefault(spec, "type", "ClusterIP");
  setDefault(spec, "sessionAffinity", "None");
  for (const port of objectsOf(spec["ports"])) {
    setDefault(port, "protocol", "TCP");
    if (port["targetPort"] === 0) delete port["targetPort"];
    setDefault(port, "targetPort", port["port"] ?? 0);
  }
  // Real clusters assign an address. Here nothing listens on it, so it only has to be well-formed and stable.
  if (spec["type"] !== "ExternalName") setDefault(spec, "clusterIP", clusterAddress(object));
  if (spec["clusterIP"] !== undefined) spec["clusterIPs"] = [spec["clusterIP"]];
  setDefault(spec, "ipFamilies", ["IPv4"]);
  setDefault(spec, "ipFamilyPolicy", "SingleStack");
  setDefault(spec, "internalTrafficPolicy", "Cluster");
  object.status ??= { loadBalancer: {} };
}

function clusterAddress(object: KubeObject): string {
  let hash = 0;
  for (const letter of `${object.metadata.namespace ?? ""}/${object.metadata.name}`) {
    hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  }
  return `10.96.${(hash >>> 8) & 255}.${(hash & 253) + 1}`;
}

export function defaultEndpointSlice(object: KubeObject): void {
  object["endpoints"] ??= null;
  object["ports"] ??= null;
  for (const port of objectsOf(object["ports"] as Json)) {
    setDefault(port, "name", "");
    setDefault(port, "protocol", "TCP");
  }
}

export function defaultSecret(object: KubeObject): void {
  setDefault(object as unknown as JsonObject, "type", "Opaque");
  const text = object["stringData"];
  if (isJsonObject(text)) {
    const encoded = Object.entries(text).map(([key, value]) => [key, Buffer.from(textOf(value)).toString("base64")]);
    object["data"] = { ...(object["data"] as JsonObject | undefined), ...(Object.fromEntries(encoded) as JsonObject) };
  }
  delete object["stringData"];
}

export function defaultNetworkPolicy(object: KubeObject): void {
  const spec = (object.spec ??= {});
  for (const [direction] of [["ingress"], ["egress"]] as const) {
    for (const rule of objectsOf(spec[direction])) {
      for (const port of objectsOf(rule["ports"])) setDefault(port, "protocol", "TCP");
    }
  }
  setDefault(spec, "podSelector", {});
  setDefault(spec, "policyTypes", spec["egress"] === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
}

export function defaultNamespace(object: KubeObject): void {
  const labels = (object.metadata.labels ??= {});
  labels["kubernetes.io/metadata.name"] ??= object.metadata.name;
  object.spec ??= {};
  setDefault(object.spec, "finalizers", ["kubernetes"]);
  object.status ??= {};
  setDefault(object.status, "phase", "Active");
}
