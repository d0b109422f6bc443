import { type DesktopPlan, servesSftp } from "../desktop/plan.ts";

/**
 * A connection's parameters: where the desktop is, its credential, what is locked down, and what the policy adds. guacd
 * ignores unknown names silently, so a typo here would open what it should close; a test compares the whole set. No sound,
 * no printing, no drive and no device by leaving them out, or by saying so where they are on without a word.
 */
export function connectionParameters(plan: DesktopPlan, password: string): Record<string, string> {
  return {
    // First: nothing of a policy wins over what follows.
    ...plan.guacamoleParameters,
    hostname: plan.names.host,
    port: String(plan.port),
    ...(plan.protocol === "vnc" ? {} : { username: plan.loginName }),
    password,
    ...(plan.protocol === "rdp" ? rdp(plan) : {}),
    ...(plan.allowCopy ? {} : { "disable-copy": "true" }),
    ...(plan.allowPaste ? {} : { "disable-paste": "true" }),
    ...files(plan, password),
    ...recording(plan),
  };
}

/** The container's certificate is its own: that guacd reaches the right one is the network policy's doing. */
function rdp({ guacamoleParameters }: DesktopPlan): Record<string, string> {
  return {
    ...(Object.hasOwn(guacamoleParameters, "security") ? {} : { security: "any" }),
    ...(["ignore-cert", "cert-tofu", "cert-fingerprints"].some((name) => Object.hasOwn(guacamoleParameters, name))
      ? {}
      : { "ignore-cert": "true" }),
    ...(Object.hasOwn(guacamoleParameters, "resize-method") ? {} : { "resize-method": "display-update" }),
    "disable-audio": "true",
  };
}

function files(plan: DesktopPlan, password: string): Record<string, string> {
  if (!plan.allowUpload && !plan.allowDownload) return {};
  const server = {
    "sftp-hostname": plan.names.host,
    "sftp-port": String(plan.sftpPort),
    "sftp-username": plan.loginName,
    "sftp-password": password,
  };
  return {
    "enable-sftp": "true",
    ...(servesSftp(plan) ? server : {}),
    ...(plan.allowUpload ? {} : { "sftp-disable-upload": "true" }),
    ...(plan.allowDownload ? {} : { "sftp-disable-download": "true" }),
  };
}

function recording({ recordingPath, recordingName, recordKeys }: DesktopPlan): Record<string, string> {
  if (recordingPath === null) return {};
  return {
    "recording-path": recordingPath,
    "recording-name": recordingName,
    "create-recording-path": "true",
    ...(recordKeys ? { "recording-include-keys": "true" } : {}),
  };
}
