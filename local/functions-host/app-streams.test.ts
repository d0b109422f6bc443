import { app as azure } from "@azure/functions";
import { expect, it } from "vitest";
import { loadApp } from "./app.ts";

// In a separate file: the library keeps its setup for the lifetime of the process.
it("an app with HTTP streams is refused with the reason and advice", async () => {
  const load = () => {
    azure.setup({ enableHttpStream: true });
    azure.http("hello", { handler: () => ({}) });
    return Promise.resolve();
  };
  await expect(loadApp({ appRoot: `${import.meta.dirname}/fixture`, load })).rejects.toThrow(
    /HTTP streams are not supported by the local host: .* stalls other requests.*\(drop enableHttpStream.*\)$/,
  );
});
