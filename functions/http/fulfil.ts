import type { DurableClient } from "durable-functions";
import type { Arrival } from "../../shared/person/notice.ts";
import type { DesktopRequest } from "../../shared/person/record.ts";
import { ask } from "../work/ask.ts";
import type { Services } from "../services.ts";
import { operationAnswer, waitForEnd } from "./operation.ts";
import type { Answer } from "./endpoint.ts";

/** Asks, and answers with the operation that it became, after waiting so long for its end. */
export async function fulfil(
  services: Services,
  client: DurableClient,
  wanted: DesktopRequest,
  asItEnded: () => Promise<boolean>,
  waitSeconds: number,
  arrival?: Arrival,
): Promise<Answer> {
  const record = await ask(services, client, wanted, asItEnded, arrival);
  return operationAnswer(record.request.id, await waitForEnd(services, client, record.request.id, record, waitSeconds));
}
