/** One request of the recording. In paths and bodies, `{ns}` stands for the namespace of the run. */
export interface Call {
  name: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  body: string | undefined;
}

type Body = string | object | null | undefined;
interface More {
  headers?: Record<string, string>;
  /** A content type instead of the method's usual one; "" sends none. */
  type?: string;
}

const custom = "/apis/xlscsde.nhs.uk/v1/namespaces/{ns}";
export const paths = {
  bindings: `${custom}/analyticsworkspacebindings`,
  binding: `${custom}/analyticsworkspacebindings/ada`,
  workspaces: `${custom}/analyticsworkspaces`,
  workspace: `${custom}/analyticsworkspaces/lung`,
  configMaps: "/api/v1/namespaces/{ns}/configmaps",
  configMap: "/api/v1/namespaces/{ns}/configmaps/notes",
  secrets: "/api/v1/namespaces/{ns}/secrets",
  services: "/api/v1/namespaces/{ns}/services",
  pods: "/api/v1/namespaces/{ns}/pods",
  deployments: "/apis/apps/v1/namespaces/{ns}/deployments",
  deployment: "/apis/apps/v1/namespaces/{ns}/deployments/desk",
  networkPolicies: "/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies",
} as const;

const usualTypes: Readonly<Record<string, string>> = {
  POST: "application/json",
  PUT: "application/json",
  PATCH: "application/merge-patch+json",
  DELETE: "application/json",
};

/** Returns a call. A body that is an object is sent as JSON. */
export function call(name: string, method: string, path: string, body?: Body, more: More = {}): Call {
  const type = more.type ?? (body === undefined ? "" : (usualTypes[method] ?? ""));
  return {
    name,
    method,
    path,
    headers: { ...(type === "" ? {} : { "content-type": type }), ...more.headers },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  };
}

export const apply = (name: string, path: string, body: object, query = "?fieldManager=us"): Call =>
  call(name, "PATCH", path + query, body, { type: "application/apply-patch+yaml" });
