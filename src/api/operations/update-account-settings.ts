import type {
  AccountSettingsNotificationConfiguration,
  ProvisionedCapacityRequest,
  QueryComputeRequest,
  SnsConfiguration,
  UpdateAccountSettingsRequest,
  UpdateAccountSettingsResponse,
} from '@aws-sdk/client-timestream-query'
import { operation } from '../operation.ts'
import { encodeAccountSettings } from '../resources/encode-account-settings.ts'
import { integer, oneOf, required, string, structure } from '../shape.ts'

const arn = required(string({ min: 1, max: 2048 }))

export const updateAccountSettings = operation<UpdateAccountSettingsRequest, UpdateAccountSettingsResponse>({
  name: 'UpdateAccountSettings',
  service: 'query',
  action: 'timestream:UpdateAccountSettings',
  summary: 'Changes the compute units that queries may use.',
  input: structure<UpdateAccountSettingsRequest>({
    MaxQueryTCU: integer(),
    QueryPricingModel: oneOf('BYTES_SCANNED', 'COMPUTE_UNITS'),
    QueryCompute: structure<QueryComputeRequest>({
      ComputeMode: oneOf('ON_DEMAND', 'PROVISIONED'),
      ProvisionedCapacity: structure<ProvisionedCapacityRequest>({
        TargetQueryTCU: required(integer()),
        NotificationConfiguration: structure<AccountSettingsNotificationConfiguration>({
          SnsConfiguration: structure<SnsConfiguration>({ TopicArn: arn }),
          RoleArn: arn,
        }),
      }),
    }),
  }),
  handle: async ({ MaxQueryTCU: maxQueryTcu, QueryPricingModel: queryPricingModel, QueryCompute: compute }, { database, caller }) => {
    const capacity = compute?.ProvisionedCapacity
    const notification = capacity?.NotificationConfiguration
    const topicArn = notification?.SnsConfiguration?.TopicArn
    const settings = await database.updateAccountSettings(caller, {
      ...(maxQueryTcu !== undefined && { maxQueryTcu }),
      ...(queryPricingModel !== undefined && { queryPricingModel }),
      ...(compute?.ComputeMode !== undefined && { computeMode: compute.ComputeMode }),
      ...(capacity && {
        provisioned: {
          targetQueryTcu: capacity.TargetQueryTCU,
          ...(notification && { notification: { roleArn: notification.RoleArn, ...(topicArn !== undefined && { topicArn }) } }),
        },
      }),
    })
    return encodeAccountSettings(settings)
  },
})
