// A landing zone in which everything exists, in other subscriptions: deployed to the resource group (resources.bicep).
using '../resources.bicep'

param environmentName = 'prod'
param location = 'uksouth'
param tags = { 'cost-centre': 'sde', environment: 'prod' }
param identityName = 'id-guacamole-workspaces'
param settings = {
  DESKTOP_IMAGE: 'registry.example/firefox@sha256:0000000000000000000000000000000000000000000000000000000000000000'
  GUACAMOLE_URL: 'https://guacamole.example/'
  OIDC_ISSUER: 'https://keycloak.example/realms/lsc-sde'
  OIDC_AUDIENCE: 'guacamole-workspaces'
  OIDC_CLIENTS: 'workspace-action,desktops-portal'
  GUACD_LABELS: 'app=guacamole-daemon'
  GUACAMOLE_LABELS: 'app=guacamole-portal'
  KEYCLOAK_WEBHOOK: 'hmac'
  KEYCLOAK_ADMIN_CLIENT: 'guacamole-workspaces-lookup'
}
param cluster = {
  url: 'https://sde.privatelink.uksouth.azmk8s.io:443'
  ca: 'LS0tLS1CRUdJTg=='
}
param database = {
  host: 'sde.postgres.database.azure.com'
  serverId: '/subscriptions/30000000-0000-0000-0000-000000000003/resourceGroups/rg-data/providers/Microsoft.DBforPostgreSQL/flexibleServers/sde'
}
param network = {
  appSubnetId: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/functions'
  endpointSubnetId: '/subscriptions/20000000-0000-0000-0000-000000000002/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet-spoke/subnets/endpoints'
  zones: 'existing'
  zoneGroupId: '/subscriptions/40000000-0000-0000-0000-000000000004/resourceGroups/rg-hub-dns'
}
param scale = { maximumInstances: 40, memory: 4096 }
param keyVault = {
  id: '/subscriptions/30000000-0000-0000-0000-000000000003/resourceGroups/rg-secrets/providers/Microsoft.KeyVault/vaults/kv-sde'
  secrets: {
    KEYCLOAK_WEBHOOK_SECRET: 'keycloak-webhook'
    KEYCLOAK_ADMIN_SECRET: 'keycloak-lookup'
  }
}
param monitoring = {
  workspaceId: '/subscriptions/40000000-0000-0000-0000-000000000004/resourceGroups/rg-hub-logs/providers/Microsoft.OperationalInsights/workspaces/log-hub'
  actionGroupId: '/subscriptions/40000000-0000-0000-0000-000000000004/resourceGroups/rg-hub-logs/providers/Microsoft.Insights/actionGroups/ag-operations'
}
