// Application Insights that takes telemetry only with a token. AVM: br/public:avm/res/insights/component.
import { tagsType } from '../types.bicep'

param workspaceName string
param componentName string
param location string
param tags tagsType

@description('Existing workspace, or empty')
param workspaceId string
param retentionDays int

@description('Object id of the app\'s identity')
param objectId string

@description('Its resource id, from which the names of assignments follow: known before it exists')
param identityId string

// Monitoring Metrics Publisher
var roleId = '3913510d-42f4-4e42-8a64-420c390055eb'

resource workspace 'Microsoft.OperationalInsights/workspaces@2026-03-01' = if (workspaceId == '') {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: { disableLocalAuth: true }
  }
}

resource component 'Microsoft.Insights/components@2020-02-02' = {
  name: componentName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspaceId == '' ? workspace.id : workspaceId
    DisableLocalAuth: true
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: component
  name: guid(component.id, identityId, roleId)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
    principalId: objectId
    principalType: 'ServicePrincipal'
  }
}

output componentId string = component.id
output connectionString string = component.properties.ConnectionString
