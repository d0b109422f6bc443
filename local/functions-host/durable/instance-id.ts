/**
 * Returns why the durable extension refuses an instance id, or undefined. For an empty id the host generates one. Ids
 * that begin with @ and ids of 300 characters are accepted (measured with 3.19).
 */
export function describeInvalidInstanceId(instanceId: string): string | undefined {
  // Backslash, slash, hash, question mark and control characters are not allowed in Azure Storage keys.
  if (/[/\\#?\u0000-\u001f\u007f-\u009f]/.test(instanceId)) {
    return "Instance IDs must not contain /, \\, #, ? or control characters.";
  }
  return undefined;
}
