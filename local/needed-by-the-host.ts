/** The application settings of the Functions host itself, as in infra/azure/app-settings.json; docs/operations.md says why. */
export const neededByTheHost = {
  FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "300000",
  AzureWebJobsDisableHomepage: "true",
};
