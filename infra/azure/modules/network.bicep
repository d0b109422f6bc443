// A network for an installation that is given none. AVM: br/public:avm/res/network/virtual-network.
import { tagsType } from '../types.bicep'

param name string
param location string
param tags tagsType
param addressPrefix string

@description('Network to be peered with, or empty')
param peerNetworkId string

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 0)
          // Flex Consumption's: it takes no other.
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(addressPrefix, 26, 1)
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }

  resource peering 'virtualNetworkPeerings' = if (peerNetworkId != '') {
    name: 'to-cluster'
    properties: {
      remoteVirtualNetwork: { id: peerNetworkId }
      allowVirtualNetworkAccess: true
    }
  }
}

output id string = network.id
output appSubnetId string = network::app.id
output endpointSubnetId string = network::endpoints.id
