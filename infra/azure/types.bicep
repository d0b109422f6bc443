// What the parameters are made of. An empty text counts as absent: azd writes one for each variable that is not set.

@export()
type tagsType = {
  *: string
}

@export()
type groupType = {
  @description('Name of the resource group. Default: rg- and the name of the environment')
  name: string?

  @description('existing: it is there already')
  mode: ('create' | 'existing')?
}

@export()
type networkType = {
  @description('Existing subnet for the app, delegated to Microsoft.App/environments. Default: a network is made')
  appSubnetId: string?

  @description('Existing subnet for private endpoints. Give both subnets, or none')
  endpointSubnetId: string?

  @description('Range of the network that is made, /24 or wider. Default: 10.90.0.0/24')
  addressPrefix: string?

  @description('Network that the one that is made is peered with, in both directions: that of the cluster')
  peerNetworkId: string?

  @description('Private DNS zones: made and linked; existing in zoneGroupId; or none, if a policy of the platform enters names')
  zones: ('create' | 'existing' | 'none')?

  @description('Resource group with the existing privatelink zones')
  zoneGroupId: string?

  @description('Further existing private DNS zones to link to the network that is made, separated by commas: that of the cluster')
  linkZoneIds: string?

  @description('public: the app can also be reached from the internet. For evaluation only')
  access: ('private' | 'public')?
}

@export()
type clusterType = {
  @description('Address of the API server, https://…')
  @minLength(1)
  url: string

  @description('Its certificate authority, base64, as in a kubeconfig')
  @minLength(1)
  ca: string
}

@export()
type databaseType = {
  @description('existing: there is a server. create: a flexible server is made, without Guacamole\'s schema')
  mode: ('existing' | 'create')?

  @description('existing: name of the server, such as x.postgres.database.azure.com')
  host: string?

  @description('Name of Guacamole\'s database. Default: guacamole')
  name: string?

  @description('existing: the server, if the product should start it when it is stopped')
  serverId: string?

  @description('create: Entra administrator, who makes the roles')
  adminObjectId: string?

  @description('create: name of the administrator in Entra, and so in PostgreSQL')
  adminName: string?

  @description('create: what the administrator is. Default: Group')
  adminType: ('Group' | 'ServicePrincipal' | 'User')?

  @description('create: size. Default: Standard_D2ds_v5')
  sku: string?

  @description('create: a second server in another zone. Default: Disabled')
  highAvailability: ('Disabled' | 'SameZone' | 'ZoneRedundant')?

  @description('create: Enabled lets roles with passwords in. Guacamole itself cannot sign in with Entra. Default: Disabled')
  passwordAuth: ('Disabled' | 'Enabled')?
}

@export()
type schedulerType = {
  @description('Default: Consumption, which has no high availability')
  sku: ('Consumption' | 'Dedicated')?

  @description('Capacity units of Dedicated; 3 are highly available')
  capacity: int?

  @description('Addresses that may call it, separated by commas, beside the need for a token. Default: all')
  ipAllowlist: string?
}

@export()
type keyVaultType = {
  @description('Existing vault. The app may read the named secrets, and nothing else')
  id: string?

  @description('Names of secrets by the setting that takes them, such as { KEYCLOAK_ADMIN_SECRET: \'keycloak-admin\' }')
  secrets: {
    *: string
  }?
}

@export()
type monitoringType = {
  @description('Existing Log Analytics workspace. Default: one is made')
  workspaceId: string?

  @description('How many days the workspace that is made keeps logs. Default: 400')
  retentionDays: int?

  @description('Who gets mail of alerts, separated by commas')
  alertEmails: string?

  @description('Existing action group, told of alerts too')
  actionGroupId: string?
}

@export()
type scaleType = {
  @description('Instances at most; each has up to 10 connections to the database. Default: 40')
  maximumInstances: int?

  @description('MB of memory of an instance. Default: 2048')
  memory: (2048 | 4096)?
}

@export()
@description('The product\'s settings by their names (README). Secrets do not belong here but in the Key Vault')
type settingsType = {
  @minLength(1)
  DESKTOP_IMAGE: string

  @minLength(1)
  GUACAMOLE_URL: string

  @minLength(1)
  OIDC_ISSUER: string

  @minLength(1)
  OIDC_AUDIENCE: string

  @minLength(1)
  OIDC_CLIENTS: string

  *: string
}

@export()
@description('Subscription in a resource id; empty if the id is')
func subscriptionIn(id string) string => split('${id}//', '/')[2]

@export()
@description('Name of the resource group in a resource id; empty if the id is')
func groupIn(id string) string => split('${id}////', '/')[4]
