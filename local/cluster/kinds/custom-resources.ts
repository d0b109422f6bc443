import type { OpenApiSchema } from "../schema/custom-schema.ts";

const text: OpenApiSchema = { type: "string" };
const date: OpenApiSchema = { type: "string", format: "date" };
const texts: OpenApiSchema = { type: "object", additionalProperties: text };
const anyObject: OpenApiSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };

/** A research project with its own validity dates. Source: the CustomResourceDefinition of analytics-workspace-management. */
export const analyticsWorkspace: OpenApiSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["displayName", "description", "validity"],
      anyOf: [{ required: ["jupyterWorkspace"] }, { required: ["virtualMachineWorkspace"] }],
      properties: {
        displayName: text,
        description: text,
        validity: {
          type: "object",
          required: ["availableFrom", "expires"],
          properties: { availableFrom: date, expires: date },
        },
        jupyterWorkspace: {
          type: "object",
          required: ["image"],
          properties: {
            image: { type: "string", pattern: "^[a-z0-9\\-\\/]*\\:([a-zA-Z0-9\\-\\_\\.]*)" },
            extraLabels: texts,
            defaultUri: text,
            nodeSelector: texts,
            tolerations: { type: "array", items: anyObject },
            resources: anyObject,
            persistentVolumeClaim: { type: "object", properties: { storageClassName: text, name: text } },
            additionalStorage: {
              type: "array",
              items: {
                type: "object",
                properties: { mountPath: text, persistentVolumeClaim: text, storageClassName: text },
              },
            },
          },
        },
        virtualMachineWorkspace: {
          type: "object",
          properties: { maxHosts: { "x-kubernetes-int-or-string": true } },
        },
      },
    },
    status: {
      type: "object",
      properties: {
        statusText: { type: "string", default: "Waiting" },
        persistentVolumeClaim: text,
        additionalStorage: texts,
      },
    },
  },
};

/** Who may use which workspace, until when; `scale` sets spec.replicas. Same source. */
export const analyticsWorkspaceBinding: OpenApiSchema = {
  type: "object",
  properties: {
    spec: {
      type: "object",
      required: ["workspace", "expires"],
      anyOf: [{ required: ["username"] }, { required: ["claims"] }],
      properties: {
        workspace: text,
        expires: date,
        username: text,
        comments: text,
        replicas: { type: "integer", default: 0 },
        claims: {
          type: "array",
          items: {
            type: "object",
            properties: {
              name: text,
              operator: { type: "string", enum: ["EQUALS", "NOT EQUALS", "IN", "NOT IN"] },
              value: text,
            },
          },
        },
      },
    },
    status: {
      type: "object",
      properties: {
        statusText: text,
        deploymentName: text,
        lastActiveCheck: text,
        replicas: { type: "integer" },
      },
    },
  },
};
