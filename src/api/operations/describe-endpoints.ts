import type { DescribeEndpointsRequest, DescribeEndpointsResponse } from '@aws-sdk/client-timestream-write'
import { operation, type RequestOrigin } from '../operation.ts'
import { structure } from '../shape.ts'

const cachePeriodMinutes = 1440

/**
 * Both services are served where the question was asked. What an SDK does with the address differs: aws-sdk-js v3 takes it as host name and keeps
 * its own scheme and port; the others take it as URL (without a scheme: https).
 */
export const describeEndpoints = operation<DescribeEndpointsRequest, DescribeEndpointsResponse>({
  name: 'DescribeEndpoints',
  service: 'both',
  action: 'timestream:DescribeEndpoints',
  summary: 'Names the address that further calls shall go to: this server.',
  input: structure<DescribeEndpointsRequest>({}),
  handle: async (_input, { database, caller, request }) => {
    database.access.check(caller, 'timestream:DescribeEndpoints')
    return { Endpoints: [{ Address: addressFor(request), CachePeriodInMinutes: cachePeriodMinutes }] }
  },
})

function addressFor({ scheme, host, userAgent }: RequestOrigin): string {
  return userAgent.includes('aws-sdk-js/') ? host.replace(/:\d+$/, '') : `${scheme}://${host}`
}
