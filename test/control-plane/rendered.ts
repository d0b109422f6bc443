import type { KubernetesObject, V1ConfigMap, V1PodSpec, V1RoleBinding } from "@kubernetes/client-node";
import { called } from "./run-kubectl.ts";

/** What objects that were rendered say of each other. */

type WithPods = KubernetesObject & {
  spec?: { template?: { spec?: V1PodSpec }; jobTemplate?: { spec?: { template?: { spec?: V1PodSpec } } } };
};

/** The pods of every Deployment, StatefulSet and CronJob, with their namespace. */
export function podsIn(objects: readonly KubernetesObject[]): { owner: string; namespace: string; spec: V1PodSpec }[] {
  return (objects as readonly WithPods[]).flatMap((object) => {
    const spec = object.spec?.template?.spec ?? object.spec?.jobTemplate?.spec?.template?.spec;
    return spec ? [{ owner: called(object), namespace: object.metadata?.namespace ?? "", spec }] : [];
  });
}

export function containersIn(objects: readonly KubernetesObject[]) {
  return podsIn(objects).flatMap(({ spec }) => [...(spec.initContainers ?? []), ...spec.containers]);
}

/** Service accounts, ConfigMaps and Secrets: which there are, and which are named. What is optional may be missing. */
export function namesOf(objects: readonly KubernetesObject[]): { there: string[]; mentioned: string[] } {
  const kinds = ["ServiceAccount", "ConfigMap", "Secret", "PersistentVolumeClaim"];
  const bindings = objects.filter(({ kind }) => kind === "RoleBinding") as V1RoleBinding[];
  const subjects = bindings.flatMap(({ subjects: all = [] }) => all).filter(({ kind }) => kind === "ServiceAccount");
  const ofPods = podsIn(objects).flatMap(({ namespace, spec }) => {
    const sources = [...(spec.initContainers ?? []), ...spec.containers].flatMap(({ env = [], envFrom = [] }) => [
      ...env.map(({ valueFrom }) => ({ configMap: valueFrom?.configMapKeyRef, secret: valueFrom?.secretKeyRef })),
      ...envFrom.map(({ configMapRef, secretRef }) => ({ configMap: configMapRef, secret: secretRef })),
    ]);
    const named = (kind: string, name: string | undefined) =>
      name === undefined ? [] : [`${kind} ${namespace}/${name}`];
    return [
      ...named("ServiceAccount", spec.serviceAccountName),
      ...sources.flatMap(({ configMap, secret }) => [
        ...(configMap?.optional ? [] : named("ConfigMap", configMap?.name)),
        ...(secret?.optional ? [] : named("Secret", secret?.name)),
      ]),
      ...(spec.volumes ?? []).flatMap(({ configMap, secret, persistentVolumeClaim }) => [
        ...(configMap?.optional ? [] : named("ConfigMap", configMap?.name)),
        ...(secret?.optional ? [] : named("Secret", secret?.secretName)),
        ...named("PersistentVolumeClaim", persistentVolumeClaim?.claimName),
      ]),
    ];
  });
  return {
    there: objects.filter(({ kind = "" }) => kinds.includes(kind)).map(called),
    mentioned: [...subjects.map(({ namespace, name }) => `ServiceAccount ${namespace}/${name}`), ...ofPods],
  };
}

/** The product's settings, also those that are in its Secret. */
export function settingsIn(objects: readonly KubernetesObject[]): Record<string, string> {
  const find = (kind: string, name: string) =>
    (objects as V1ConfigMap[]).find((object) => object.kind === kind && object.metadata?.name === name)?.data ?? {};
  const secret = Object.entries(find("Secret", "guacamole-workspaces"));
  return {
    ...find("ConfigMap", "guacamole-workspaces-settings"),
    ...Object.fromEntries(secret.map(([name, value]) => [name, Buffer.from(value, "base64").toString()])),
  };
}
