// Flex Consumption. AVM: br/public:avm/res/web/serverfarm.
import { tagsType } from '../types.bicep'

param name string
param location string
param tags tagsType

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

output id string = plan.id
