import { describe, expect, it } from "vitest";
import type { DesktopPolicy } from "../desktop/policy.ts";
import { parsePolicy } from "../desktop/policy.ts";
import { placeholdersManifest, pullerManifest } from "./fast-start-manifests.ts";

const gpu = { key: "gpu", operator: "Exists", effect: "NoSchedule" };
const placed = { nodeSelector: { pool: "desktops" }, tolerations: [gpu], pullSecrets: ["registry"] };
const sleeping = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  priorityClassName: "desktop-placeholder",
  terminationGracePeriodSeconds: 1,
  securityContext: {
    runAsNonRoot: true,
    runAsUser: 65_534,
    runAsGroup: 65_534,
    seccompProfile: { type: "RuntimeDefault" },
  },
  imagePullSecrets: [{ name: "registry" }],
  nodeSelector: { pool: "desktops" },
  tolerations: [gpu],
};
const sleepingContainer = {
  command: ["/bin/sh", "-c", "exec sleep 2147483647"],
  securityContext: {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ["ALL"] },
    readOnlyRootFilesystem: true,
  },
};

describe("the pods that have the desktops' images", () => {
  const group = { ...placed, images: ["example.org/a:1", "example.org/b@sha256:00"] };

  it("have a container for each image, and are where desktops may be", () => {
    const resources = { requests: { cpu: "1m", memory: "4Mi" }, limits: { cpu: "50m", memory: "32Mi" } };
    expect(pullerManifest(group, "guacamole")).toEqual({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: {
        name: "desktop-image-puller-8305830b",
        namespace: "guacamole",
        labels: {
          "xlscsde.nhs.uk/purpose": "desktop-image-puller",
          "xlscsde.nhs.uk/managedBy": "guacamole-workspaces",
        },
        annotations: { "xlscsde.nhs.uk/made-from": expect.stringMatching(/^[0-9a-f]{8}$/) as string },
      },
      spec: {
        selector: {
          matchLabels: {
            "xlscsde.nhs.uk/purpose": "desktop-image-puller",
            "app.kubernetes.io/instance": "desktop-image-puller-8305830b",
          },
        },
        updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "100%" } },
        template: {
          metadata: {
            labels: {
              "xlscsde.nhs.uk/purpose": "desktop-image-puller",
              "app.kubernetes.io/instance": "desktop-image-puller-8305830b",
            },
          },
          spec: {
            ...sleeping,
            containers: [
              { name: "image-0", image: "example.org/a:1", resources, ...sleepingContainer },
              { name: "image-1", image: "example.org/b@sha256:00", resources, ...sleepingContainer },
            ],
          },
        },
      },
    });
  });

  it("keep their name when their images change, and have another on other nodes", () => {
    const nameOf = (changed: object) => pullerManifest({ ...group, ...changed }, "guacamole").metadata?.name;
    expect(nameOf({ images: ["example.org/c:1"], pullSecrets: [] })).toBe(nameOf({}));
    expect(nameOf({ nodeSelector: {} })).not.toBe(nameOf({}));
    expect(nameOf({ tolerations: [] })).not.toBe(nameOf({}));
  });

  it("say what they were made from, so that a change shows", () => {
    const madeFrom = (changed: object) =>
      pullerManifest({ ...group, ...changed }, "guacamole").metadata?.annotations?.["xlscsde.nhs.uk/made-from"];
    expect(madeFrom({})).toBe(madeFrom({}));
    expect(madeFrom({ images: ["example.org/c:1"] })).not.toBe(madeFrom({}));
    expect(madeFrom({ pullSecrets: [] })).not.toBe(madeFrom({}));
  });
});

describe("a placeholder", () => {
  const policy = parsePolicy({
    image: "example.org/desktop:1",
    cpuRequest: "300m",
    memoryRequest: "600Mi",
    ephemeralStorageRequest: "1Gi",
    nodeSelector: "pool=desktops",
    tolerations: "gpu:NoSchedule",
    pullSecrets: "registry",
  }) as DesktopPolicy;

  it("takes what a desktop is guaranteed, where desktops may be, and has their image", () => {
    const place = { cpu: "300m", memory: "600Mi", "ephemeral-storage": "1Gi" };
    const { metadata, spec } = placeholdersManifest(policy, 8, "guacamole");
    expect(metadata).toMatchObject({ name: "desktop-placeholders", namespace: "guacamole" });
    expect(spec).toEqual({
      replicas: 8,
      revisionHistoryLimit: 0,
      strategy: { type: "Recreate" },
      selector: { matchLabels: { "xlscsde.nhs.uk/purpose": "desktop-placeholder" } },
      template: {
        metadata: { labels: { "xlscsde.nhs.uk/purpose": "desktop-placeholder" } },
        spec: {
          ...sleeping,
          containers: [
            {
              name: "placeholder",
              image: "example.org/desktop:1",
              resources: { requests: place, limits: place },
              ...sleepingContainer,
            },
          ],
        },
      },
    });
  });
});
