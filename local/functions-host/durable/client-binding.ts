const durableRoute = "runtime/webhooks/durabletask";
/** The placeholder that the client replaces with an instance id. */
const idPlaceholder = "INSTANCEID";

interface Addresses {
  /** e.g. http://127.0.0.1:7071 */
  hostUrl: string;
  hubName: string;
  systemKey: string;
}

/**
 * An instance's management URLs, as a start returns them. They contain the system key: full control over every
 * instance.
 */
export function managementUrls({ hostUrl, hubName, systemKey }: Addresses, instanceId: string) {
  const required = `taskHub=${hubName}&connection=Storage&code=${systemKey}`;
  const instance = `${hostUrl}/${durableRoute}/instances/${instanceId}`;
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${required}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${required}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${required}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${required}`,
    purgeHistoryDeleteUri: `${instance}?${required}`,
    restartPostUri: `${instance}/restart?${required}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${required}`,
    resumePostUri: `${instance}/resume?reason={text}&${required}`,
  };
}

/** The JSON of a durableClient input. */
export function clientBinding(addresses: Addresses & { rpcUrl: string }): string {
  const { hostUrl, hubName, systemKey, rpcUrl } = addresses;
  const required = `taskHub=${hubName}&connection=Storage&code=${systemKey}`;
  const orchestrators = `${hostUrl}/${durableRoute}/orchestrators/{functionName}[/{instanceId}]`;
  return JSON.stringify({
    taskHubName: hubName,
    creationUrls: {
      createNewInstancePostUri: `${orchestrators}?code=${systemKey}`,
      createAndWaitOnNewInstancePostUri: `${orchestrators}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&code=${systemKey}`,
    },
    managementUrls: managementUrls(addresses, idPlaceholder),
    baseUrl: `${hostUrl}/${durableRoute}`,
    requiredQueryStringParameters: required,
    // The slash matters: the client resolves paths against it.
    rpcBaseUrl: `${rpcUrl}/`,
  });
}
