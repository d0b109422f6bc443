// A private endpoint, and its name in a private DNS zone. AVM: br/public:avm/res/network/private-endpoint.
import { tagsType } from '../types.bicep'

param name string
param location string
param tags tagsType
param subnetId string
param targetId string

@description('Which part of the target: blob, queue, table, sites, postgresqlServer')
param part string

@description('Empty: somebody else enters the name')
param zoneId string

resource endpoint 'Microsoft.Network/privateEndpoints@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    customNetworkInterfaceName: '${name}-nic'
    privateLinkServiceConnections: [
      {
        name: part
        properties: { privateLinkServiceId: targetId, groupIds: [part] }
      }
    ]
  }

  resource names 'privateDnsZoneGroups' = if (zoneId != '') {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [{ name: part, properties: { privateDnsZoneId: zoneId } }]
    }
  }
}
