import type { DescribeAccountSettingsResponse } from '@aws-sdk/client-timestream-query'
import type { AccountSettings } from '../../database/database.ts'

/** A change is in force at once: the last update has always succeeded. */
export function encodeAccountSettings({ maxQueryTcu, queryPricingModel, provisioned }: AccountSettings): DescribeAccountSettingsResponse {
  const settings = { MaxQueryTCU: maxQueryTcu, QueryPricingModel: queryPricingModel }
  if (!provisioned) return { ...settings, QueryCompute: { ComputeMode: 'ON_DEMAND' } }
  const { targetQueryTcu, notification } = provisioned
  return {
    ...settings,
    QueryCompute: {
      ComputeMode: 'PROVISIONED',
      ProvisionedCapacity: {
        ActiveQueryTCU: targetQueryTcu,
        ...(notification && {
          NotificationConfiguration: {
            RoleArn: notification.roleArn,
            ...(notification.topicArn !== undefined && { SnsConfiguration: { TopicArn: notification.topicArn } }),
          },
        }),
        LastUpdate: { TargetQueryTCU: targetQueryTcu, Status: 'SUCCEEDED' },
      },
    },
  }
}
