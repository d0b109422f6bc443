// Lets the app read these secrets of an existing vault, each by itself, in the resource group of the vault.
param vaultName string
param secretNames string[]

@description('Object id of the app\'s identity')
param objectId string

@description('Its resource id, from which the names of assignments follow: known before it exists')
param identityId string

// Key Vault Secrets User
var roleId = '4633458b-17de-408a-b874-0445c86b69e6'

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2026-05-15' existing = [
  for name in secretNames: {
    parent: vault
    name: name
  }
]

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, index) in secretNames: {
    scope: secrets[index]
    name: guid(vault.id, name, identityId, roleId)
    properties: {
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleId)
      principalId: objectId
      principalType: 'ServicePrincipal'
    }
  }
]
