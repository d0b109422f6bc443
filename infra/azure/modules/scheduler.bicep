// Durable Task Scheduler with the app's task hub. It knows no keys: the app signs in as its identity.
import { schedulerType, tagsType } from '../types.bicep'

param name string
param location string
param tags tagsType
param taskHubName string
param scheduler schedulerType

@description('Object id of the app\'s identity')
param objectId string

@description('Its resource id, from which the names of assignments follow: known before it exists')
param identityId string

var sku = scheduler.?sku ?? 'Consumption'
var allowed = scheduler.?ipAllowlist ?? ''

// Durable Task Data Contributor
var roleId = '0ad04412-c4d5-4796-b79c-f76d14c8d402'

resource service 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    sku: sku == 'Dedicated' ? { name: sku, capacity: scheduler.?capacity ?? 1 } : { name: sku }
    ipAllowlist: allowed == '' ? ['0.0.0.0/0'] : split(allowed, ',')
  }

  resource hub 'taskHubs' = {
    name: taskHubName
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: service::hub
  name: guid(service::hub.id, identityId, roleId)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    principalId: objectId
    principalType: 'ServicePrincipal'
  }
}

output endpoint string = service.properties.endpoint
