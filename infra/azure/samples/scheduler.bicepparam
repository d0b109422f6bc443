// The same with Durable Task Scheduler as the task hub, in an existing network; names in DNS are entered by a policy.
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
param database = { host: 'guacamole.postgres.database.azure.com' }
param network = {
  appSubnetId: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/functions'
  endpointSubnetId: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet/subnets/endpoints'
  zones: 'none'
}
param durableBackend = 'scheduler'
param scheduler = { sku: 'Dedicated', capacity: 3 }
