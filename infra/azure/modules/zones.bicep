// Private DNS zones for the private endpoints, linked to the network, and to the cluster's those that are needed there.
// AVM: br/public:avm/res/network/private-dns-zone.
import { tagsType } from '../types.bicep'

param names string[]
param networkId string

@description('The cluster\'s network, or empty')
param peerNetworkId string

@description('Which of the zones are needed there: Keycloak and the gateway call the app, Guacamole its database')
param peerNames string[]

param tags tagsType

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for name in names: {
    name: name
    location: 'global'
    tags: tags
  }
]

resource links 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (name, index) in names: {
    parent: zones[index]
    name: 'guacamole-workspaces'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: networkId }
    }
  }
]

resource peerLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for name in (peerNetworkId == '' ? [] : peerNames): {
    name: '${name}/guacamole-workspaces-peer'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: { id: peerNetworkId }
    }
    dependsOn: [zones]
  }
]
