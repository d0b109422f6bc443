/** Why the durable extension refuses an instance id, or undefined. An empty id is none: the host makes one up. */
export function describeInvalidInstanceId(instanceId: string): string | undefined {
  if (instanceId.startsWith("@")) return "Instance IDs must not start with '@'.";
  if (instanceId.length > 256) return "Instance IDs must not be longer than 256 characters.";
  // Backslash, slash, hash, question mark and control characters are not allowed in Azure Storage keys.
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(instanceId)) {
    return "Instance IDs must not contain /, \\, #, ? or control characters.";
  }
  return undefined;
}
