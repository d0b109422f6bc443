// Lets the app start one stopped database server, and nothing else, in the resource group of the server.
param serverName string

@description('Object id of the app\'s identity')
param objectId string

@description('Its resource id, from which the names of assignments follow: known before it exists')
param identityId string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(resourceGroup().id, 'guacamole-workspaces-database-start')
  properties: {
    roleName: 'Start a PostgreSQL server (guacamole-workspaces, ${resourceGroup().name})'
    description: 'Reads and starts a flexible server that was stopped.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.DBforPostgreSQL/flexibleServers/read'
          'Microsoft.DBforPostgreSQL/flexibleServers/start/action'
        ]
      }
    ]
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: server
  name: guid(server.id, identityId, role.id)
  properties: {
    roleDefinitionId: role.id
    principalId: objectId
    principalType: 'ServicePrincipal'
  }
}
