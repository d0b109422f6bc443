import { call, paths, type Call } from "./call.ts";
import { binding, configMap } from "./objects.ts";

const custom = "/apis/xlscsde.nhs.uk/v1";
const get = (path: string): Call => call(`GET ${path}`, "GET", path);

const served = {
  "a binding": paths.binding,
  bindings: paths.bindings,
  "bindings of all namespaces": `${custom}/analyticsworkspacebindings`,
  "a binding's scale": `${paths.binding}/scale`,
  "a binding's status": `${paths.binding}/status`,
  "a config map": paths.configMap,
  "config maps": paths.configMaps,
  "config maps of all namespaces": "/api/v1/configmaps",
  "a deployment's scale": `${paths.deployment}/scale`,
  "a deployment's status": `${paths.deployment}/status`,
  namespaces: "/api/v1/namespaces",
} as const;

const refusedMethods: readonly [string, keyof typeof served][] = [
  ["POST", "a binding"],
  ["PUT", "bindings"],
  ["PATCH", "bindings"],
  ["POST", "bindings of all namespaces"],
  ["PUT", "bindings of all namespaces"],
  ["DELETE", "bindings of all namespaces"],
  ["POST", "a binding's scale"],
  ["DELETE", "a binding's scale"],
  ["POST", "a binding's status"],
  ["DELETE", "a binding's status"],
  ["OPTIONS", "bindings"],
  ["OPTIONS", "a binding"],
  ["TRACE", "a binding"],
  ["POST", "a config map"],
  ["PUT", "config maps"],
  ["PATCH", "config maps"],
  ["POST", "config maps of all namespaces"],
  ["DELETE", "config maps of all namespaces"],
  ["POST", "a deployment's scale"],
  ["DELETE", "a deployment's scale"],
  ["POST", "a deployment's status"],
  ["DELETE", "a deployment's status"],
  ["DELETE", "namespaces"],
  ["PUT", "namespaces"],
  ["OPTIONS", "config maps"],
  ["TRACE", "a config map"],
];

/** Paths of the API and their methods. */
export const pathCalls: readonly Call[] = [
  ...[
    "/nowhere",
    "/api/v1/nothings",
    "/api/v1/nothings/a",
    "/api/v1/namespaces/{ns}/nothings",
    "/api/v1/namespaces/{ns}/nothings/a",
    "/api/v1/namespaces/{ns}/configmaps/notes/nothing",
    "/api/v1/namespaces/{ns}/configmaps/notes/status",
    "/api/v1/namespaces/{ns}/configmaps/nobody",
    "/api/v1/configmaps/notes",
    "/api/v1/namespaces/nowhere",
    "/api/v1/namespaces/nowhere/configmaps",
    "/api/v1/namespaces/nowhere/configmaps/notes",
    "/api/v2",
    "/api/v2/configmaps",
    "/apis/nothing.example.org",
    "/apis/nothing.example.org/v1",
    "/apis/nothing.example.org/v1/things",
    "/apis/apps/v2",
    "/apis/apps/v2/deployments",
    "/apis/apps/v1/nothings",
    "/apis/apps/v1/namespaces/{ns}/deployments/desk/nothing",
    "/apis/apps/v1/namespaces/{ns}/deployments/desk/scale/nothing",
    "/apis/xlscsde.nhs.uk/v2",
    "/apis/xlscsde.nhs.uk/v2/analyticsworkspacebindings",
    "/apis/xlscsde.nhs.uk/v2/namespaces/{ns}/analyticsworkspacebindings/ada",
    `${custom}/nothings`,
    `${custom}/namespaces/{ns}/nothings`,
    `${custom}/namespaces/{ns}/nothings/a`,
    `${custom}/namespaces/{ns}/analyticsworkspacebinding`,
    `${custom}/analyticsworkspacebindings/ada`,
    `${custom}/namespaces/{ns}/analyticsworkspacebindings/eve`,
    `${custom}/namespaces/{ns}/analyticsworkspacebindings/ada/nothing`,
    `${custom}/namespaces/{ns}/analyticsworkspacebindings/eve/scale`,
    `${custom}/namespaces/{ns}/analyticsworkspacebindings/ada/scale/nothing`,
    `${custom}/namespaces/{ns}/analyticsworkspaces/lung/scale`,
    `${custom}/namespaces/nowhere/analyticsworkspacebindings`,
    `${custom}/namespaces/nowhere/analyticsworkspacebindings/ada`,
    "/api/v1/namespaces/{ns}/configmaps/?fieldSelector=metadata.name=notes",
    "/api/v1//namespaces/{ns}/configmaps",
    `${custom}/namespaces/{ns}/analyticsworkspacebindings/`,
  ].map(get),
  ...refusedMethods.map(([method, where]) =>
    call(
      `${method} ${where}`,
      method,
      served[where],
      ["POST", "PUT"].includes(method)
        ? where.includes("binding")
          ? binding
          : configMap
        : method === "PATCH"
          ? {}
          : undefined,
    ),
  ),
  call("POST a binding to an unknown plural", "POST", `${custom}/namespaces/{ns}/nothings`, binding),
  call(
    "POST a binding to an unknown version",
    "POST",
    "/apis/xlscsde.nhs.uk/v2/namespaces/{ns}/analyticsworkspacebindings",
    binding,
  ),
  call(
    "POST a binding to a namespace that is not there",
    "POST",
    `${custom}/namespaces/nowhere/analyticsworkspacebindings`,
    {
      ...binding,
      metadata: { name: "another" },
    },
  ),
  call("POST a config map to an unknown plural", "POST", "/api/v1/namespaces/{ns}/nothings", configMap),
  call(
    "POST a config map to a namespace that is not there",
    "POST",
    "/api/v1/namespaces/nowhere/configmaps",
    configMap,
  ),
];
