import { app as azure } from "@azure/functions";
import { expect, it } from "vitest";
import { loadApp } from "./app.ts";

// In a file of its own: the library keeps what was set up for as long as the process lives.
it("an app that asks for HTTP streams is refused with the reason and what to do", async () => {
  const load = () => {
    azure.setup({ enableHttpStream: true });
    azure.http("hello", { handler: () => ({}) });
    return Promise.resolve();
  };
  await expect(loadApp({ appRoot: `${import.meta.dirname}/fixture`, load })).rejects.toThrow(
    /HTTP streams are not supported by the local host: .* stalls other requests.*\(drop enableHttpStream.*\)$/,
  );
});
