import type { DescribeAccountSettingsRequest, DescribeAccountSettingsResponse } from '@aws-sdk/client-timestream-query'
import { operation } from '../operation.ts'
import { encodeAccountSettings } from '../resources/encode-account-settings.ts'
import { structure } from '../shape.ts'

export const describeAccountSettings = operation<DescribeAccountSettingsRequest, DescribeAccountSettingsResponse>({
  name: 'DescribeAccountSettings',
  service: 'query',
  action: 'timestream:DescribeAccountSettings',
  summary: 'Shows the compute units that queries may use.',
  input: structure<DescribeAccountSettingsRequest>({}),
  handle: async (_input, { database, caller }) => encodeAccountSettings(await database.describeAccountSettings(caller)),
})
