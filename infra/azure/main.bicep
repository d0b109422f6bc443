// What azd deploys (azure.yaml): a resource group, and in it what resources.bicep lists. docs/azure.md has all parameters.
targetScope = 'subscription'

import {
  clusterType
  databaseType
  groupType
  keyVaultType
  monitoringType
  networkType
  scaleType
  schedulerType
  settingsType
  tagsType
} from 'types.bicep'

@description('Name of this installation; names of resources follow from it')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

param group groupType = {}

@description('Tags of every resource')
param tags tagsType = {}

@description('Settings of the product, by name')
param settings settingsType

@description('The cluster in which desktops run')
param cluster clusterType

@description('Guacamole\'s database')
param database databaseType

@description('Name of an existing user-assigned identity in the resource group. Default: one is made')
param identityName string = ''

param network networkType = {}

@description('What keeps the work: the storage account, or Durable Task Scheduler. The package must be built for the same')
param durableBackend ('storage' | 'scheduler') = 'storage'
param scheduler schedulerType = {}

@description('Letters and digits')
param taskHubName string = 'workspaces'

param scale scaleType = {}
param keyVault keyVaultType = {}
param monitoring monitoringType = {}

param storageSku ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS') = 'Standard_ZRS'

var abbreviations = loadJsonContent('abbreviations.json')
var groupName = empty(group.?name) ? '${abbreviations.resourcesResourceGroups}${environmentName}' : group.name!

resource newGroup 'Microsoft.Resources/resourceGroups@2025-04-01' = if ((group.?mode ?? 'create') == 'create') {
  name: groupName
  location: location
  tags: union(tags, { 'azd-env-name': environmentName })
}

module resources 'resources.bicep' = {
  scope: resourceGroup(groupName)
  params: {
    environmentName: environmentName
    location: location
    tags: tags
    settings: settings
    cluster: cluster
    database: database
    identityName: identityName
    network: network
    durableBackend: durableBackend
    scheduler: scheduler
    taskHubName: taskHubName
    scale: scale
    keyVault: keyVault
    monitoring: monitoring
    storageSku: storageSku
  }
  dependsOn: [newGroup]
}

// The hooks in infra/azure/hooks read these.
output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = groupName
output AZURE_FUNCTION_NAME string = resources.outputs.appName
output APP_URL string = 'https://${resources.outputs.appHost}'
output APP_IDENTITY_CLIENT_ID string = resources.outputs.identityClientId
output APP_IDENTITY_OBJECT_ID string = resources.outputs.identityObjectId
output DATABASE_HOST string = resources.outputs.databaseHost
output DATABASE_NAME string = resources.outputs.databaseName
output DATABASE_ROLE string = resources.outputs.databaseRole
output DURABLE_BACKEND string = durableBackend
