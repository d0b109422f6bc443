// Alerts on what the product logs and answers (alerts.json). Each names its section of docs/operations.md.
import { tagsType } from '../types.bicep'

param namePrefix string
param location string
param tags tagsType
param componentId string
param actionGroupName string

@description('Separated by commas')
param emails string

@description('Existing action group, or empty')
param actionGroupId string

var alerts = loadJsonContent('../alerts.json')
var addresses = emails == '' ? [] : split(emails, ',')

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = if (!empty(addresses)) {
  name: actionGroupName
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'guac-work'
    enabled: true
    emailReceivers: [
      for address in addresses: { name: trim(address), emailAddress: trim(address), useCommonAlertSchema: true }
    ]
  }
}

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for alert in alerts: {
    name: '${namePrefix}${alert.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: 'guacamole-workspaces: ${alert.title}'
      description: '${alert.todo} (docs/operations.md, ${alert.section})'
      severity: alert.severity
      enabled: true
      scopes: [componentId]
      evaluationFrequency: alert.every
      windowSize: alert.window
      autoMitigate: true
      criteria: {
        allOf: [
          {
            query: alert.query
            metricMeasureColumn: 'occurrences'
            timeAggregation: 'Total'
            operator: alert.operator
            threshold: alert.threshold
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: {
        actionGroups: concat(empty(addresses) ? [] : [people.id], actionGroupId == '' ? [] : [actionGroupId])
      }
    }
  }
]
