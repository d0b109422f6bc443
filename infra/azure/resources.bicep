// Everything in one resource group. main.bicep deploys it with a group; deploy this file itself where you may not deploy to
// the subscription: az deployment group create -g GROUP -f infra/azure/resources.bicep -p FILE.bicepparam
import {
  clusterType
  databaseType
  groupIn
  keyVaultType
  monitoringType
  networkType
  scaleType
  schedulerType
  settingsType
  subscriptionIn
  tagsType
} from 'types.bicep'

@description('Name of this installation; names of resources follow from it')
@minLength(1)
@maxLength(64)
param environmentName string

param location string = resourceGroup().location

@description('Tags of every resource')
param tags tagsType = {}

@description('Settings of the product, by name')
param settings settingsType

@description('The cluster in which desktops run')
param cluster clusterType

@description('Guacamole\'s database')
param database databaseType

@description('Name of an existing user-assigned identity in this resource group. Default: one is made')
param identityName string = ''

param network networkType = {}

@description('What keeps the work: the storage account, or Durable Task Scheduler. The package must be built for the same')
param durableBackend ('storage' | 'scheduler') = 'storage'
param scheduler schedulerType = {}

@description('Letters and digits')
@minLength(3)
@maxLength(45)
param taskHubName string = 'workspaces'

param scale scaleType = {}
param keyVault keyVaultType = {}
param monitoring monitoringType = {}

param storageSku ('Standard_LRS' | 'Standard_ZRS' | 'Standard_GZRS') = 'Standard_ZRS'

@description('Leave it: nobody needs to know it')
@secure()
param unknownPassword string = 'Aa1!${newGuid()}'

var abbreviations = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(resourceGroup().id, environmentName))
var allTags = union(tags, { 'azd-env-name': environmentName })
var appName = '${abbreviations.webSitesFunctions}${token}'
var containerName = 'app-package'

// An empty text counts as absent.
var appSubnetId = network.?appSubnetId ?? ''
var endpointSubnetId = network.?endpointSubnetId ?? ''
var peerNetworkId = network.?peerNetworkId ?? ''
var zoneGroupId = network.?zoneGroupId ?? ''
var linkZoneIds = network.?linkZoneIds ?? ''
var zoneMode = network.?zones ?? 'create'
var databaseMode = database.?mode ?? 'existing'
var databaseServerId = database.?serverId ?? ''
var vaultId = keyVault.?id ?? ''
var vaultSecrets = keyVault.?secrets ?? {}

// What contradicts itself ends the deployment before it begins, with what to do.
var secretSettings = loadJsonContent('secret-settings.json')
var openSecrets = filter(objectKeys(settings), name => contains(secretSettings, name) && settings[name] != '')
var faults = filter(
  [
    empty(openSecrets)
      ? ''
      : 'settings has ${join(openSecrets, ', ')} (put it into the Key Vault, and name it in keyVault.secrets)'
    empty(appSubnetId) == empty(endpointSubnetId)
      ? ''
      : 'network has one of appSubnetId and endpointSubnetId (give both, or none)'
    zoneMode == 'existing' && zoneGroupId == '' ? 'network.zones is existing (set network.zoneGroupId)' : ''
    appSubnetId != '' && '${peerNetworkId}${linkZoneIds}' != ''
      ? 'network has peerNetworkId or linkZoneIds, and its network exists (peer and link it yourself)'
      : ''
    databaseMode == 'existing' && empty(database.?host)
      ? 'database.host is missing (set it, or database.mode to create)'
      : ''
    databaseMode == 'create' && (empty(database.?adminObjectId) || empty(database.?adminName))
      ? 'database.mode is create (set database.adminObjectId and database.adminName)'
      : ''
    databaseMode == 'create' && databaseServerId != ''
      ? 'database.serverId is of an existing server (leave it out)'
      : ''
    !empty(vaultSecrets) && vaultId == '' ? 'keyVault.secrets names secrets (set keyVault.id)' : ''
  ],
  fault => fault != ''
)
var checkedLocation = empty(faults) ? location : fail(join(faults, '; '))

// Also the name of its role in PostgreSQL.
var roleName = identityName == '' ? '${abbreviations.managedIdentityUserAssignedIdentities}${token}' : identityName
var identityId = resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', roleName)

resource existingIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = if (identityName != '') {
  name: identityName
}

module newIdentity 'modules/identity.bicep' = if (identityName == '') {
  params: {
    name: roleName
    location: checkedLocation
    tags: allTags
  }
}

var identity = {
  clientId: identityName == '' ? newIdentity!.outputs.clientId : existingIdentity!.properties.clientId
  objectId: identityName == '' ? newIdentity!.outputs.objectId : existingIdentity!.properties.principalId
}

module newNetwork 'modules/network.bicep' = if (appSubnetId == '') {
  params: {
    name: '${abbreviations.networkVirtualNetworks}${token}'
    location: checkedLocation
    tags: allTags
    addressPrefix: empty(network.?addressPrefix) ? '10.90.0.0/24' : network.addressPrefix!
    peerNetworkId: peerNetworkId
  }
}

var networkId = appSubnetId == '' ? newNetwork!.outputs.id : join(take(split(endpointSubnetId, '/'), 9), '/')
var endpointsIn = appSubnetId == '' ? newNetwork!.outputs.endpointSubnetId : endpointSubnetId

module peering 'modules/peering.bicep' = if (peerNetworkId != '') {
  scope: resourceGroup(subscriptionIn(peerNetworkId), groupIn(peerNetworkId))
  params: {
    networkName: last(split(peerNetworkId, '/'))
    remoteNetworkId: networkId
    name: 'to-guacamole-workspaces-${token}'
  }
}

module zoneLinks 'modules/zone-link.bicep' = [
  for (id, index) in (linkZoneIds == '' ? [] : split(linkZoneIds, ',')): {
    scope: resourceGroup(subscriptionIn(id), groupIn(id))
    params: {
      zoneName: last(split(id, '/'))
      networkId: networkId
      name: 'guacamole-workspaces-${token}'
    }
  }
]

// By the part of the target that an endpoint leads to.
#disable-next-line no-hardcoded-env-urls // environment() has no such names
var zoneNames = {
  blob: 'privatelink.blob.${environment().suffixes.storage}'
  queue: 'privatelink.queue.${environment().suffixes.storage}'
  table: 'privatelink.table.${environment().suffixes.storage}'
  sites: 'privatelink.azurewebsites.net'
  postgresqlServer: 'privatelink.postgres.database.azure.com'
}
var parts = concat(['blob', 'queue', 'table', 'sites'], databaseMode == 'create' ? ['postgresqlServer'] : [])

module zones 'modules/zones.bicep' = if (zoneMode == 'create') {
  params: {
    names: map(parts, part => zoneNames[part])
    networkId: networkId
    peerNetworkId: peerNetworkId
    peerNames: map(filter(parts, part => part == 'sites' || part == 'postgresqlServer'), part => zoneNames[part])
    tags: allTags
  }
}

module storage 'modules/storage.bicep' = {
  params: {
    name: '${abbreviations.storageStorageAccounts}${token}'
    location: checkedLocation
    tags: allTags
    sku: storageSku
    objectId: identity.objectId
    identityId: identityId
    containerName: containerName
  }
}

module postgres 'modules/postgres.bicep' = if (databaseMode == 'create') {
  params: {
    name: '${abbreviations.postgreSQLFlexibleServers}${token}'
    location: checkedLocation
    tags: allTags
    databaseName: databaseName
    database: database
    unknownPassword: unknownPassword
  }
}

module databaseStart 'modules/database-start.bicep' = if (databaseServerId != '') {
  scope: resourceGroup(subscriptionIn(databaseServerId), groupIn(databaseServerId))
  params: {
    serverName: last(split(databaseServerId, '/'))
    objectId: identity.objectId
    identityId: identityId
  }
}

module monitor 'modules/monitoring.bicep' = {
  params: {
    workspaceName: '${abbreviations.operationalInsightsWorkspaces}${token}'
    componentName: '${abbreviations.insightsComponents}${token}'
    location: checkedLocation
    tags: allTags
    workspaceId: monitoring.?workspaceId ?? ''
    retentionDays: monitoring.?retentionDays ?? 400
    objectId: identity.objectId
    identityId: identityId
  }
}

module alerts 'modules/alerts.bicep' = {
  params: {
    namePrefix: '${abbreviations.insightsScheduledQueryRules}${token}-'
    location: checkedLocation
    tags: allTags
    componentId: monitor.outputs.componentId
    actionGroupName: '${abbreviations.insightsActionGroups}${token}'
    emails: monitoring.?alertEmails ?? ''
    actionGroupId: monitoring.?actionGroupId ?? ''
  }
}

module taskScheduler 'modules/scheduler.bicep' = if (durableBackend == 'scheduler') {
  params: {
    name: '${abbreviations.durableTaskSchedulers}${token}'
    location: checkedLocation
    tags: allTags
    taskHubName: taskHubName
    scheduler: scheduler
    objectId: identity.objectId
    identityId: identityId
  }
}

module vault 'modules/vault-secrets.bicep' = if (!empty(vaultSecrets)) {
  scope: resourceGroup(subscriptionIn(vaultId), groupIn(vaultId))
  params: {
    vaultName: last(split(vaultId, '/'))
    secretNames: union(map(items(vaultSecrets), secret => secret.value), [])
    objectId: identity.objectId
    identityId: identityId
  }
}

module plan 'modules/plan.bicep' = {
  params: {
    name: '${abbreviations.webServerFarms}${token}'
    location: checkedLocation
    tags: allTags
  }
}

var databaseName = empty(database.?name) ? 'guacamole' : database.name!
var databaseHost = databaseMode == 'create' ? postgres!.outputs.host : database.host!

// Flex Consumption refuses FUNCTIONS_WORKER_RUNTIME and its like: functionAppConfig says that.
var hostSettings = {
  ...loadJsonContent('app-settings.json')
  AzureWebJobsStorage__blobServiceUri: storage.outputs.blobUri
  AzureWebJobsStorage__queueServiceUri: storage.outputs.queueUri
  AzureWebJobsStorage__tableServiceUri: storage.outputs.tableUri
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.clientId
  APPLICATIONINSIGHTS_CONNECTION_STRING: monitor.outputs.connectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.clientId};Authorization=AAD'
  // What alerts look for must not be left out of the sample.
  AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__excludedTypes: 'Request;Trace;Exception'
  TASKHUB_NAME: taskHubName
}
var schedulerSettings = durableBackend == 'scheduler'
  ? {
      DURABLE_TASK_SCHEDULER_CONNECTION_STRING: 'Endpoint=${taskScheduler!.outputs.endpoint};Authentication=ManagedIdentity;ClientID=${identity.clientId}'
    }
  : {}
var accessSettings = {
  // Which identity the Azure SDK signs in as.
  AZURE_CLIENT_ID: identity.clientId
  CLUSTER_URL: cluster.url
  CLUSTER_CA: cluster.ca
  DATABASE_URL: 'postgres://${roleName}@${databaseHost}:5432/${databaseName}?sslmode=verify-full'
  ...(databaseServerId == '' ? {} : { DATABASE_SERVER_ID: databaseServerId })
}
var vaultUri = 'https://${last(split(vaultId, '/'))}${environment().suffixes.keyvaultDns}'
var secretReferences = mapValues(vaultSecrets, secret => '@Microsoft.KeyVault(SecretUri=${vaultUri}/secrets/${secret})')

module app 'modules/functions.bicep' = {
  params: {
    name: appName
    location: checkedLocation
    tags: union(allTags, { 'azd-service-name': 'api' })
    planId: plan.outputs.id
    identityId: identityId
    subnetId: appSubnetId == '' ? newNetwork!.outputs.appSubnetId : appSubnetId
    scale: scale
    packageUri: '${storage.outputs.blobUri}${containerName}'
    isPublic: (network.?access ?? 'private') == 'public'
    settings: union(settings, secretReferences, hostSettings, schedulerSettings, accessSettings)
  }
  // It reads its storage, its secrets and the network's names when it starts.
  dependsOn: [endpoints, vault]
}

module endpoints 'modules/endpoint.bicep' = [
  for part in filter(parts, part => part != 'sites'): {
    params: {
      name: '${abbreviations.networkPrivateEndpoints}${token}-${part}'
      location: checkedLocation
      tags: allTags
      subnetId: endpointsIn
      targetId: part == 'postgresqlServer' ? postgres!.outputs.id : storage.outputs.id
      part: part
      zoneId: zoneIds[part]
    }
    dependsOn: [zones]
  }
]

module appEndpoint 'modules/endpoint.bicep' = {
  params: {
    name: '${abbreviations.networkPrivateEndpoints}${token}-sites'
    location: checkedLocation
    tags: allTags
    subnetId: endpointsIn
    targetId: app.outputs.id
    part: 'sites'
    zoneId: zoneIds.sites
  }
  dependsOn: [zones]
}

var zoneIds = mapValues(
  zoneNames,
  name =>
    zoneMode == 'none'
      ? ''
      : zoneMode == 'existing'
          ? '${zoneGroupId}/providers/Microsoft.Network/privateDnsZones/${name}'
          : resourceId('Microsoft.Network/privateDnsZones', name)
)

output appName string = appName
output appHost string = app.outputs.host
output identityClientId string = identity.clientId
output identityObjectId string = identity.objectId
output databaseHost string = databaseHost
output databaseName string = databaseName
output databaseRole string = roleName
