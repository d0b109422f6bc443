/** Loaded into a process whose CPU is measured, before anything else: tells who asks what it has used, in microseconds. */
process.on("message", (message) => {
  if (message !== "cpu") return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpu: user + system });
});
// The bench that asks does not keep the process alive.
process.channel?.unref();
