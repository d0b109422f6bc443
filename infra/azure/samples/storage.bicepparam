// A new installation: network, zones, workspace and database are made, the task hub is in the storage account.
using '../main.bicep'

param environmentName = 'sample'
param location = 'uksouth'
param settings = {
  DESKTOP_IMAGE: 'registry.example/firefox@sha256:0000000000000000000000000000000000000000000000000000000000000000'
  GUACAMOLE_URL: 'https://guacamole.example/guacamole/'
  OIDC_ISSUER: 'https://keycloak.example/realms/sde'
  OIDC_AUDIENCE: 'guacamole-workspaces'
  OIDC_CLIENTS: 'workspace-action,desktops-portal'
}
param cluster = {
  url: 'https://sample.privatelink.uksouth.azmk8s.io:443'
  ca: 'LS0tLS1CRUdJTg=='
}
param database = {
  mode: 'create'
  adminObjectId: '10000000-0000-0000-0000-000000000001'
  adminName: 'sde-database-administrators'
}
param network = {
  peerNetworkId: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-aks/providers/Microsoft.Network/virtualNetworks/vnet-aks'
  linkZoneIds: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-aks/providers/Microsoft.Network/privateDnsZones/privatelink.uksouth.azmk8s.io'
}
param monitoring = { alertEmails: 'operations@sde.example,security@sde.example' }
