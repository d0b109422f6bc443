import { KubeConfig } from "@kubernetes/client-node";
import { readKubeConfig, readServiceAccount } from "./kubeconfig.ts";
import { entra, tokensAskedFor } from "./tokens-asked-for.ts";

/** How the product reaches the API server, and as whom. */
export type ClusterLogin =
  | { by: "kubeconfig"; file: string }
  | { by: "service-account" }
  | {
      by: "entra";
      /** https://host:port */
      server: string;
      /** PEM certificates in base64, as in a kubeconfig. */
      ca: string;
      /** An access token for the cluster, asked for with each call and each watch. */
      token: () => Promise<string>;
    };

export function kubeConfigFor(login: ClusterLogin): KubeConfig {
  if (login.by === "kubeconfig") return readKubeConfig(login.file);
  if (login.by === "service-account") return readServiceAccount();
  const config = new KubeConfig();
  config.addAuthenticator(tokensAskedFor(login.token));
  const user = { name: "the app's identity", authProvider: entra };
  config.loadFromClusterAndUser(
    { name: "cluster", server: login.server, caData: login.ca, skipTLSVerify: false },
    user,
  );
  return config;
}
