// Private DNS zones for the private endpoints, linked to the network. AVM: br/public:avm/res/network/private-dns-zone.
import { tagsType } from '../types.bicep'

param names string[]
param networkId string
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
