// A server for Guacamole's database, with an Entra administrator. AVM: br/public:avm/res/db-for-postgre-sql/flexible-server.
import { databaseType, tagsType } from '../types.bicep'

param name string
param location string
param tags tagsType
param databaseName string
param database databaseType

@description('For the administrator that password sign-in demands. Nobody knows it, and each deployment changes it')
@secure()
param unknownPassword string

var sku = empty(database.?sku) ? 'Standard_D2ds_v5' : database.sku!
var highAvailability = database.?highAvailability ?? 'Disabled'
var passwordAuth = database.?passwordAuth ?? 'Disabled'

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  tags: tags
  sku: {
    name: sku
    tier: startsWith(sku, 'Standard_B')
      ? 'Burstable'
      : startsWith(sku, 'Standard_E') ? 'MemoryOptimized' : 'GeneralPurpose'
  }
  properties: {
    version: '17'
    ...(passwordAuth == 'Enabled' ? { administratorLogin: 'unused', administratorLoginPassword: unknownPassword } : {})
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: passwordAuth
      tenantId: tenant().tenantId
    }
    network: { publicNetworkAccess: 'Disabled' }
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 14, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: highAvailability }
  }

  resource guacamole 'databases' = {
    name: databaseName
    properties: { charset: 'UTF8', collation: 'en_US.utf8' }
  }

  // The server takes one change at a time.
  resource administrator 'administrators' = {
    name: database.adminObjectId!
    properties: {
      principalName: database.?adminName
      principalType: database.?adminType ?? 'Group'
      tenantId: tenant().tenantId
    }
    dependsOn: [guacamole]
  }
}

output id string = server.id
output host string = server.properties.fullyQualifiedDomainName
