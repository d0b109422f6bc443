import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { startGroup } from "../../local/process-group.ts";

/** Azurite, Microsoft's emulator of Azure Storage: blobs, queues and tables on loopback, on free ports. */
export interface Azurite {
  /** For the setting AzureWebJobsStorage. */
  readonly connectionString: string;
  close: () => Promise<void>;
}

/** Azurite's account; name and key are public: https://learn.microsoft.com/azure/storage/common/storage-connect-azurite */
const account = "devstoreaccount1";
const accountKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

const services = ["Blob", "Queue", "Table"] as const;

/**
 * Starts Azurite with its data in `folder`. Throws with its output if it does not start.
 *
 * @param nodeArguments for its Node process; a test watches its connections with them
 */
export async function startAzurite(folder: string, nodeArguments: readonly string[] = []): Promise<Azurite> {
  await mkdir(folder, { recursive: true });
  const group = startGroup(
    [
      process.execPath,
      ...nodeArguments,
      fileURLToPath(import.meta.resolve("azurite/dist/src/azurite.js")),
      ...services.flatMap((service) => [`--${service.toLowerCase()}Port`, "0"]),
      ...["--location", folder, "--silent", "--disableTelemetry"],
      // The Functions host's storage client may be newer than Azurite.
      "--skipApiVersionCheck",
    ],
    { cwd: folder },
  );
  const urls = await new Promise<string[]>((resolve, reject) => {
    group.onOutput((output) => {
      const found = services.map((service) => listening(service).exec(output)?.[1]);
      if (found.every((url) => url !== undefined)) resolve(found);
    });
    void group.gone.then(() => {
      reject(new Error(`start Azurite: ${group.ending() ?? ""}\n${group.output()}`));
    });
  });
  const endpoints = services.map((service, index) => `${service}Endpoint=${urls[index] ?? ""}/${account}`);
  return {
    connectionString: [
      "DefaultEndpointsProtocol=http",
      `AccountName=${account}`,
      `AccountKey=${accountKey}`,
      ...endpoints,
    ].join(";"),
    close: () => group.end("SIGTERM"),
  };
}

const listening = (service: string) =>
  new RegExp(`Azurite ${service} service is successfully listening at (http://127\\.0\\.0\\.1:\\d+)`);
